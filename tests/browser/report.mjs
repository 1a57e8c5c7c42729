// The HTML report in a browser without a network: node report.mjs TONGWEN FOLDER
// FOLDER holds node_modules, and gets the reports and screenshots.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [tongwen, folder] = process.argv.slice(2).map((path) => resolve(path));
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(join(folder, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert(CHROMIUM, 'no Chromium: apt-get install chromium');

const work = join(folder, 'reports');
const shots = join(folder, 'screenshots');
for (const made of [work, shots]) {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
}

// ---------------------------------------------------------------- reports
function scan(corpus, name, ...flags) {
  const report = join(work, `${name}.html`);
  execFileSync(tongwen, ['scan', corpus, '--format', 'html', '--output', report, '--quiet', '--no-config', ...flags]);
  return report;
}

const HOSTILE = [
  '</script><script>window.owned = 1</script>',
  '<img src=x onerror="window.owned = 2">',
  '<!--<script>window.owned = 3',
  '"><svg onload=window.owned=4>',
  '稿\u202etxt.exe\u202c\u2066\u200b',
  '\u0007\u001b[31m\u0085\u2028\u2029',
  '{{7*7}} ${window.owned = 5} javascript:window.owned=6',
];

function hostile() {
  const corpus = join(work, 'hostile');
  mkdirSync(corpus);
  const sentences = Array.from({ length: 30 }, (_, at) => `第${at}位船工每天清晨都要把${at}号渡口的绳索检查一遍，他说河水记得每一个粗心的人。`);
  const records = [0, 1, 2].map((copy) => ({
    id: `${HOSTILE[copy]}#${copy}`,
    url: `https://${HOSTILE[copy]}/`,
    text: [...HOSTILE, ...sentences.slice(copy), ...HOSTILE].join('\n'),
  }));
  writeFileSync(join(corpus, 'records.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'));
  writeFileSync(join(corpus, '<img src=x onerror=window.owned=7>.txt'), `${HOSTILE.join('\n')}\n${sentences.join('\n')}`);
  writeFileSync(join(corpus, 'broken<script>.txt'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1, 2, 3]));
  return corpus;
}

function many() {
  const corpus = join(work, 'many');
  mkdirSync(corpus);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const word = () => String.fromCodePoint(...[0, 0].map(() => 0x4e00 + Math.floor(random() * 6000)));
  const lines = [];
  for (let article = 0; article < 400; article += 1) {
    const text = Array.from({ length: 60 }, () => Array.from({ length: 12 }, word).join('') + '。').join('\n');
    for (let copy = 0; copy < 3; copy += 1) {
      const changed = text.replace(new RegExp(`(.{${40 + copy * 9}})`, 'su'), `$1改${copy}`);
      lines.push(JSON.stringify({ id: `${article}-${copy}`, url: `https://site${copy + (article % 4)}.example/a`, text: changed }));
    }
  }
  writeFileSync(join(corpus, 'records.jsonl'), lines.join('\n'));
  return corpus;
}

const reports = {
  samples: scan(join(root, 'samples/reposts'), 'samples'),
  hostile: scan(hostile(), 'hostile'),
  many: scan(many(), 'many'),
};
const findings = join(work, 'findings.json');
execFileSync(tongwen, ['scan', join(root, 'samples/reposts'), '--format', 'json', '--output', findings, '--quiet', '--no-config']);
reports.saved = join(work, 'saved.html');
execFileSync(tongwen, ['report', findings, '--format', 'html', '--output', reports.saved]);
reports.gate = join(work, 'gate.html');
const index = join(work, 'kept');
execFileSync(tongwen, ['index', 'add', index, join(root, 'samples/reposts/xuehai'), '--quiet', '--no-config']);
execFileSync(tongwen, ['gate', join(root, 'samples/reposts'), '--index', index, '--max-duplicates', '1000', '--max-skipped', '9', '--format', 'html', '--output', reports.gate, '--quiet', '--no-config']);

// ---------------------------------------------------------------- browser
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
let failed = 0;

async function open(report, options = {}) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => request.url().startsWith('file:') || trouble.push(`request: ${request.url()}`));
  page.on('dialog', (dialog) => { trouble.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const began = Date.now();
  await page.goto(pathToFileURL(report).href, { waitUntil: 'load' });
  await page.locator('#items li').first().waitFor();
  return { page, trouble, took: Date.now() - began, close: () => context.close() };
}

async function test(name, report, options, body) {
  const opened = await open(report, options);
  try {
    await body(opened.page, opened);
    assert.deepEqual(opened.trouble, [], 'console errors, dialogs and requests');
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${error.stack}`);
    await opened.page.screenshot({ path: join(shots, `failed-${failed}.png`) });
  }
  await opened.close();
}

const text = (page, selector) => page.locator(selector).innerText();

async function accessible(page, where) {
  // The policy of the page allows no foreign script, so axe comes in through the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const serious = violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
  assert.deepEqual(serious.map((one) => [one.id, one.nodes.map((node) => `${node.target} ${node.failureSummary}`)]), [], where);
}

await test('a report opens from disk within two seconds', reports.samples, {}, async (page, { took }) => {
  assert(took < 2000, `${took} ms`);
  assert.match(await text(page, 'h1'), /47 documents/);
  assert(await page.locator('.facts dd').count() >= 6);
  assert(await page.locator('.chart svg').count() >= 3);
});

await test('the search finds titles and keys, and says where nothing matches', reports.samples, {}, async (page) => {
  const all = await page.locator('#items li').count();
  await page.fill('#query', '云渡');
  const some = await page.locator('#items li').count();
  assert(some > 0 && some < all, `${some} of ${all}`);
  assert((await page.locator('#items').textContent()).includes('云渡'));
  await page.fill('#query', '没有这样的页面');
  assert.equal(await page.locator('#items li').count(), 0);
  assert.equal(await text(page, '#count'), 'Nothing matches.');
});

await test('entries are filtered by kind and put in another order', reports.samples, {}, async (page) => {
  for (const kind of ['repost', 'contained', 'excerpt', 'boilerplate']) {
    await page.locator(`input[value=${kind}]`).check({ force: true });
    assert(await page.locator('#items li').count() > 0, kind);
    assert.equal(await page.locator(`#items details:not(.${kind})`).count(), 0, kind);
  }
  await page.locator('input[value=repost]').check({ force: true });
  const shares = async () => (await page.locator('#items .share').allTextContents()).map((share) => Number(/\d+/.exec(share)[0]));
  const sizes = (await page.locator('#items .size').allTextContents()).map((size) => Number(/\d+/.exec(size)[0]));
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
  await page.selectOption('#order', 'least');
  const least = await shares();
  assert.deepEqual(least, [...least].sort((a, b) => a - b));
  await page.selectOption('#order', 'most');
  assert.notDeepEqual(await shares(), least);
});

await test('a pair shows both texts and where they differ', reports.samples, {}, async (page) => {
  await page.fill('#query', 'tingyu/well.txt');
  await page.locator('#items summary').first().click();
  await page.locator('#items td a').first().click();
  await page.locator('#pair').waitFor();
  assert.equal(await page.locator('#list').isVisible(), false);
  assert((await page.locator('.passage').count()) > 1);
  assert((await page.locator('.passage.changed mark.differs').count()) > 0);
  assert((await page.locator('.cell.boilerplate').count()) > 0);
  const [a, b] = [await text(page, '#key-a'), await text(page, '#key-b')];
  assert(a && b && a !== b);
  const cells = await page.locator('.passage.changed .cell').first().boundingBox();
  assert(cells.width < 700, 'two columns');
  // Lines that end in both texts stand beside each other, and nothing of either is lost.
  const beside = await page.locator('.passage.changed .sides:not(:has(.none))').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('.text')].map((side) => side.getBoundingClientRect().top)));
  assert(beside.length > 2 && beside.every(([left, right]) => Math.abs(left - right) < 2), JSON.stringify(beside));
  await page.locator('#full').check();
  const shown = await page.evaluate(() => {
    const data = JSON.parse(document.getElementById('data').textContent);
    const pair = data.pairs.find((one) => `#pair-${one.i}` === location.hash);
    const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, '');
    return [0, 1].map((at) => [
      letters(pair.p.map((one) => (one[2 + at] ? one[2 + at][0] : '')).join('')),
      letters([...document.querySelectorAll('.sides')].map((row) => row.children[at]).filter((cell) => !cell.matches('.none')).map((cell) => cell.querySelector('.text').textContent).join('')),
    ]);
  });
  for (const [text_, seen] of shown) assert.equal(seen, text_);
  await page.goBack();
  assert.equal(await page.locator('#list').isVisible(), true);
});

await test('all of it works with the keyboard alone', reports.samples, {}, async (page) => {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
  await page.keyboard.press('/');
  assert.equal(await focused(), 'query');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await focused(), 'SUMMARY');
  await page.keyboard.press('Enter');
  await page.locator('#items details[open] td a').first().waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'A');
  await page.keyboard.press('Enter');
  await page.locator('#pair').waitFor();
  assert.equal(await focused(), 'pair-title');
  const first = await text(page, '#key-b');
  await page.keyboard.press('d');
  assert.equal(await focused(), 'SECTION');
  await page.keyboard.press('n');
  await page.waitForFunction((before) => document.getElementById('key-b').innerText !== before, first);
  await page.keyboard.press('p');
  await page.waitForFunction((before) => document.getElementById('key-b').innerText === before, first);
  await page.keyboard.press('?');
  assert.equal(await page.locator('#help').isVisible(), true);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#help').isVisible(), false);
  await page.keyboard.press('Escape');
  await page.locator('#list').waitFor();
});

await test('hostile pages are inert', reports.hostile, {}, async (page) => {
  await page.locator('input[value=all]').check({ force: true });
  for (const summary of await page.locator('#items summary').all()) await summary.click();
  for (const at of await page.locator('#items td a').evaluateAll((links) => links.map((link) => link.hash))) {
    await page.evaluate((hash) => { location.hash = hash; }, at);
    await page.locator('#passages .passage').first().waitFor();
    for (const fold of await page.locator('.fold').all()) if (await fold.isVisible()) await fold.click();
    const shown = await text(page, '#passages');
    assert(shown.includes('window.owned'), 'the text is shown as it is');
    assert(!/[\u202a-\u202e\u2066-\u2069\u200b\u0007\u001b]/u.test(shown), 'nothing turns the line around');
  }
  assert.equal(await page.evaluate(() => window.owned), undefined);
  assert.equal(await page.locator('#passages img, #passages svg, #passages script').count(), 0);
  assert.equal(await page.locator('script').count(), 2);
  // What is asked for through the page itself is refused by its policy.
  const policy = await page.locator('meta[http-equiv]').getAttribute('content');
  assert.match(policy, /^default-src 'none'; script-src 'sha256-/);
});

await test('a large report is an index and files of a few megabytes', reports.many, {}, async (page, { took }) => {
  assert(took < 2000, `${took} ms`);
  const parts = readdirSync(join(work, 'many-files'));
  assert(parts.length > 1, parts.join());
  for (const part of parts.map((name) => join(work, 'many-files', name)).concat(reports.many)) {
    assert(statSync(part).size < 5e6, part);
  }
  await page.locator('#items summary').first().click();
  const link = page.locator('#items td a').first();
  const wanted = await link.innerText();
  await link.click();
  await page.locator('#passages .passage').first().waitFor();
  assert.match(page.url(), /many-files\/pairs-001\.html#pair-/);
  assert.equal(await text(page, '#key-b'), wanted);
  // From the last pair of one file to the first of the next.
  const last = await page.evaluate(() => Math.max(...JSON.parse(document.getElementById('data').textContent).pairs.map((pair) => pair.i)));
  await page.evaluate((pair) => { location.hash = `#pair-${pair}`; }, last);
  await page.waitForFunction(() => /pairs-002/.test(document.getElementById('next').href));
  await page.locator('#next').click();
  await page.waitForURL(/pairs-002\.html/);
  await page.locator('#passages .passage').first().waitFor();
  await page.locator('#back').click();
  await page.locator('#items li').first().waitFor();
  assert.match(page.url(), /many\.html/);
  // More than one screenful of entries.
  const before = await page.locator('#items li').count();
  await page.locator('#more').click();
  assert((await page.locator('#items li').count()) > before);
});

await test('saved findings are shown without their texts', reports.saved, {}, async (page) => {
  await page.locator('#items summary').first().click();
  await page.locator('#items details[open] tbody tr').nth(1).waitFor();
  assert.equal(await page.locator('#items td a').count(), 0);
});

for (const width of [1280, 390]) {
  await test(`a gate's report begins with the verdict, is accessible and fits (${width})`, reports.gate, { viewport: { width, height: 844 } }, async (page) => {
    assert.match(await text(page, 'main h2 >> nth=0'), /^Gate: pass$/);
    assert(await page.locator('section[aria-labelledby=gate-title] tbody tr').count() > 0);
    assert(await page.locator('section[aria-labelledby=index-title] tbody tr').count() > 0);
    await accessible(page, 'gate');
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the window');
    await page.screenshot({ path: join(shots, `gate-${width}.png`) });
  });
}

for (const [scheme, size] of [['light', [1280, 900]], ['dark', [1280, 900]], ['light', [390, 844]], ['dark', [390, 844]]]) {
  const [width, height] = size;
  const name = `${scheme}-${width}`;
  await test(`overview, list and pair are accessible and fit (${name})`, reports.samples, { colorScheme: scheme, viewport: { width, height } }, async (page) => {
    const fits = async (where) => assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} is wider than the window`);
    await accessible(page, 'overview');
    await fits('overview');
    await page.screenshot({ path: join(shots, `overview-${name}.png`), fullPage: true });
    await page.locator('#items summary').first().click();
    await page.locator('#found-title').evaluate((title) => title.scrollIntoView());
    await accessible(page, 'list');
    await fits('list');
    await page.screenshot({ path: join(shots, `list-${name}.png`) });
    await page.locator('#items td a').first().click();
    await page.locator('#passages .passage').first().waitFor();
    await accessible(page, 'pair');
    await fits('pair');
    await page.screenshot({ path: join(shots, `pair-${name}.png`) });
  });
}

await browser.close();
process.exit(failed ? 1 : 0);
