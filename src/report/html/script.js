'use strict';
(() => {
  // All that pages say reaches the document through textContent, and no other way.
  const data = JSON.parse(document.getElementById('data').textContent);
  const byId = (id) => document.getElementById(id);
  const CHUNK = 40;
  const KINDS = {
    repost: ['Reposts', 'one article'],
    contained: ['Contained', 'is part of'],
    excerpt: ['Excerpts', 'is quoted in'],
    boilerplate: ['Templates', 'one frame'],
  };
  const ROLES = { b: 'boilerplate', q: 'quoted' };

  // Characters that act on a line instead of standing in it are shown by their numbers.
  const ACTIVE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
  const inert = (text) => text.replace(ACTIVE, (c) => `\u27e8U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`);
  const flow = (text) => inert(text.replace(/[\t\r\n\u3000 ]+/gu, ' '));
  const percent = (share) => (share > 0 && share < 0.01 ? '<1%' : `${Math.floor(share * 100 + 1e-9)}%`);
  const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  const isHan = (text) => /\p{Script=Han}/u.test(text);

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === 'on') for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
      else if (value === true) made.setAttribute(key, '');
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const key = (doc) => inert(data.docs[doc][0]);

  // Where a pair is shown: here, or in another file of the report.
  function address(pair) {
    const file = (data.files || []).find(([first, count]) => pair >= first && pair < first + count);
    return (file && file[2] ? file[2] : '') + `#pair-${pair}`;
  }

  // ---------------------------------------------------------------- list
  const list = byId('items');
  const state = { kind: 'repost', query: '', order: 'size', shown: CHUNK };
  let found = [];

  function haystack(item) {
    if (item.h === undefined) {
      const blocks = (item.b || []).map(([text]) => text);
      item.h = [item.t || '', ...item.m.map(([doc]) => data.docs[doc][0]), ...blocks].join('\n').toLowerCase();
    }
    return item.h;
  }

  const least = (item) => Math.min(...item.m.filter((member) => member[1] !== null).map((member) => member[1]), 1);
  const ORDERS = {
    size: (a, b) => b.n - a.n,
    least: (a, b) => least(a) - least(b),
    most: (a, b) => least(b) - least(a),
    name: (a, b) => (data.docs[a.m[0][0]][0] < data.docs[b.m[0][0]][0] ? -1 : 1),
  };

  function update() {
    const words = state.query.toLowerCase().split(/\s+/u).filter(Boolean);
    found = data.items.filter((item) => (state.kind === 'all' || item.k === state.kind)
      && words.every((word) => haystack(item).includes(word)));
    found.sort((a, b) => ORDERS[state.order](a, b) || a.i - b.i);
    state.shown = CHUNK;
    list.replaceChildren(...found.slice(0, CHUNK).map(entry));
    tell();
  }

  function tell() {
    const shown = Math.min(state.shown, found.length);
    byId('count').textContent = found.length === 0 ? 'Nothing matches.'
      : `${number(found.length)} ${found.length === 1 ? 'entry' : 'entries'}${shown < found.length ? `, ${number(shown)} shown` : ''}`;
    byId('more').hidden = shown >= found.length;
  }

  function more() {
    const from = state.shown;
    state.shown += CHUNK;
    list.append(...found.slice(from, state.shown).map(entry));
    tell();
    const next = list.children[from];
    if (next) next.querySelector('summary').focus();
  }

  function entry(item) {
    const details = element('details', { class: `entry ${item.k}`, on: { toggle: () => details.open && open(item, details) } });
    const title = item.t ? flow(item.t) : item.b && item.b.length ? flow(item.b[0][0]) : key(item.m[0][0]);
    const size = item.k === 'repost' || item.k === 'boilerplate' ? `${number(item.n)} pages` : KINDS[item.k][1];
    const share = item.k === 'repost' ? `alike from ${percent(least(item))}`
      : item.m[1] && item.m[1][2] !== null && item.k !== 'boilerplate' ? percent(item.m[1][2]) : '';
    const text = item.k === 'contained' || item.k === 'excerpt' ? `${key(item.m[0][0])} \u2192 ${key(item.m[1][0])}` : title;
    details.append(element('summary', {},
      element('span', { class: 'size' }, size),
      element('span', { class: 'title', lang: isHan(text) ? 'zh' : null }, element('bdi', {}, text)),
      element('span', { class: 'share' }, share)));
    return element('li', {}, details);
  }

  function open(item, details) {
    if (details.dataset.open) return;
    details.dataset.open = 'yes';
    if (item.b && item.b.length) {
      details.append(element('table', {},
        element('caption', {}, 'Blocks these pages share'),
        element('thead', {}, row('th', 'pages', 'block')),
        element('tbody', {}, ...item.b.map(([text, pages]) => element('tr', {},
          element('td', { class: 'number' }, number(pages)),
          element('td', { lang: isHan(text) ? 'zh' : null }, element('bdi', {}, flow(text) || '(changed since it was read)')))))));
    }
    if (item.k === 'boilerplate') {
      const listed = item.m.map(([doc]) => element('li', {}, element('bdi', {}, key(doc))));
      if (item.n > item.m.length) listed.push(element('li', {}, `\u2026 and ${number(item.n - item.m.length)} more`));
      details.append(element('ul', { class: 'keys' }, ...listed));
      return;
    }
    const rows = item.m.map(([doc, alike, inside, pair], at) => {
      const name = element('bdi', {}, key(doc));
      const [, site, tokens, frame, quoted] = data.docs[doc];
      const content = tokens > 0 ? percent((tokens - frame - quoted) / tokens) : '\u2013';
      const kept = alike === null;
      return element('tr', { class: kept ? 'kept' : null },
        element('td', { class: 'number' }, kept ? (item.k === 'repost' ? 'kept' : '') : percent(alike)),
        element('td', { class: 'number' }, kept ? '' : percent(inside)),
        element('td', { class: 'number' }, content),
        element('td', {}, pair >= 0 && at > 0 ? element('a', { href: address(pair) }, name) : name,
          site ? element('span', { class: 'site' }, element('bdi', {}, inert(site))) : null));
    });
    details.append(element('table', {},
      element('thead', {}, row('th', 'alike', item.k === 'repost' ? 'inside' : 'of the first', 'content', 'page')),
      element('tbody', {}, ...rows)));
    if (item.n > item.m.length) {
      details.append(element('p', { class: 'aside' }, `\u2026 and ${number(item.n - item.m.length)} more pages in the findings`));
    }
  }

  const row = (cell, ...texts) => element('tr', {}, ...texts.map((text) => element(cell, { scope: cell === 'th' ? 'col' : null }, text)));

  // ---------------------------------------------------------------- pair
  const pairs = new Map((data.pairs || []).map((pair) => [pair.i, pair]));
  const view = byId('pair');
  const page = byId('list');
  let differences = [];
  let atDifference = -1;
  let cameFrom = null;

  function part(text, role, from) {
    const label = role ? ROLES[role[0]] : '';
    const why = !role ? null : role[0] === 'b' ? (role[1] > 0 ? `boilerplate \u00b7 on ${number(role[1])} pages` : 'boilerplate')
      : `quoted from ${inert(role[1])}`;
    const cell = element('div', { class: `cell ${label}` });
    if (why) cell.append(element('p', { class: 'role' }, element('bdi', {}, why)));
    const body = element('p', { class: 'text', lang: isHan(text) ? 'zh' : null, dir: 'auto' });
    cell.append(element('span', { class: 'side' }, from), body);
    return [cell, body];
  }

  // Text with marked stretches: [kind, from, to], in order.
  function fill(body, text, marks) {
    let at = 0;
    for (const [kind, from, to, other] of marks) {
      body.append(inert(text.slice(at, from)));
      const name = ['marks', 'folded', 'differs'][kind];
      const piece = inert(text.slice(from, to));
      if (piece) {
        const label = kind === 2 ? (other ? `here: ${piece}; there: ${inert(other)}` : `only here: ${piece}`) : null;
        body.append(element(kind === 0 ? 'span' : 'mark', { class: name, title: label }, piece));
      } else if (kind === 2) {
        body.append(element('mark', { class: 'gap', title: `missing here: ${inert(other)}` }, '\u2038'));
      }
      at = to;
    }
    body.append(inert(text.slice(at)));
  }

  // A button that gives way to what it stands for.
  const unfold = (click, label) => element('button', { type: 'button', class: 'fold', on: { click } }, label);

  // Characters shown at both ends of what is the same, and of what is no article.
  const FRAME = 70;
  const FOLD = 260;
  const places = (count) => (count === 1 ? '1 place' : `${number(count)} places`);

  // Two texts that run alike, cut where a line ends in both: pieces of [text of A, text of B, edits].
  function lines(a, b, edits) {
    const pieces = [];
    let from = [0, 0];
    let at = [0, 0];
    let marks = [];
    const cut = (toA, toB) => {
      pieces.push([a.slice(from[0], toA), b.slice(from[1], toB),
        marks.map(([kind, a0, a1, b0, b1]) => [kind, a0 - from[0], a1 - from[0], b0 - from[1], b1 - from[1]])]);
      [from, marks] = [[toA, toB], []];
    };
    for (const [kind, a0, a1, b0, b1] of [...edits, [null, a.length, a.length, b.length, b.length]]) {
      const same = a.slice(at[0], a0);
      for (let end = same.indexOf('\n'); end >= 0; end = same.indexOf('\n', end + 1)) cut(at[0] + end + 1, at[1] + end + 1);
      const [inA, inB] = [a.slice(a0, a1).lastIndexOf('\n'), b.slice(b0, b1).lastIndexOf('\n')];
      if (kind === 0 && inA >= 0 && inB >= 0) {
        const [toA, toB] = [a0 + inA + 1, b0 + inB + 1];
        marks.push([0, a0, toA, b0, toB]);
        cut(toA, toB);
        marks.push([0, toA, a1, toB, b1]);
      } else if (kind !== null) {
        marks.push([kind, a0, a1, b0, b1]);
      }
      at = [a1, b1];
    }
    if (from[0] < a.length || from[1] < b.length) cut(a.length, b.length);
    return pieces;
  }

  // One side of a passage or of a line of it; the break at its end is the page's, and not shown.
  function side(text, role, from, marks, shortened) {
    const [cell, body] = part(text, role, from);
    const shown = text.replace(/\n+$/u, '');
    const whole = marks.filter(([, start]) => start < shown.length || start === text.length)
      .map(([what, start, to, other]) => [what, start, Math.min(to, Math.max(start, shown.length)), other]);
    if (shortened && role && shown.length > FRAME * 1.5) {
      fill(body, shown.slice(0, FRAME), whole.filter(([, , to]) => to <= FRAME));
      body.append(unfold(() => { body.replaceChildren(); fill(body, shown, whole); }, `… ${number(shown.length - FRAME)} more characters`));
    } else {
      fill(body, shown, whole);
    }
    return cell;
  }

  function passage([kind, moved, a, b, edits], shortened) {
    const names = ['same', 'changed', 'only', 'only'];
    const told = ['the same in both', `changed in ${places((edits || []).filter((edit) => edit[0] === 2).length)}`, 'only in A', 'only in B'][kind];
    const block = element('section', { class: `passage ${names[kind]}${moved ? ' moved' : ''}` });
    block.append(element('h3', {}, moved ? `${told}, elsewhere in B` : told));
    const roles = [a, b].map((one) => (one ? one[1] : null));
    const sides = (...cells) => element('div', { class: 'sides' }, ...cells);
    const isBlank = ([textA, textB]) => !textA.trim() && !textB.trim();
    if (!a || !b) {
      const none = (from) => element('div', { class: 'cell none' }, element('span', { class: 'side' }, from), element('p', { class: 'text nothing' }, `not in ${from}`));
      block.append(sides(a ? side(a[0], a[1], 'A', [], shortened) : none('A'), b ? side(b[0], b[1], 'B', [], shortened) : none('B')));
    } else if (roles[0] || roles[1]) {
      block.append(pieceOf([a[0], b[0], edits]));
    } else {
      const pieces = lines(a[0], b[0], edits).filter((piece) => !isBlank(piece));
      const lengths = pieces.map(([text]) => text.length);
      const [head, tail] = kind === 0 && shortened ? ends(lengths) : [pieces.length, pieces.length];
      block.append(...pieces.slice(0, head).map(pieceOf));
      if (head < tail) {
        const left = lengths.slice(head, tail).reduce((sum, length) => sum + length, 0);
        const button = unfold(() => button.replaceWith(...pieces.slice(head, tail).map(pieceOf)), `… ${number(left)} characters the same …`);
        block.append(button, ...pieces.slice(tail).map(pieceOf));
      }
    }
    function pieceOf([textA, textB, marks]) {
      const of = (at) => marks.map(([what, a0, a1, b0, b1]) => (at === 0
        ? [what, a0, a1, textB.slice(b0, b1)] : [what, b0, b1, textA.slice(a0, a1)]));
      const made = sides(side(textA, roles[0], 'A', of(0), shortened), side(textB, roles[1], 'B', of(1), shortened));
      // On a narrow page one of two that read alike is enough.
      if (!roles[0] && !roles[1] && marks.every(([what]) => what === 0)) made.classList.add('alike');
      return made;
    }
    if (kind !== 0 && !roles[0] && !roles[1]) {
      block.setAttribute('tabindex', '-1');
      differences.push(block);
    }
    return block;
  }

  // How many lines stand before the middle that is left out, and where that ends.
  function ends(lengths) {
    let [head, tail, before, after] = [0, lengths.length, 0, 0];
    while (head < tail && before < FOLD) before += lengths[head++];
    while (head < tail && after < FOLD) after += lengths[--tail];
    const left = lengths.slice(head, tail).reduce((sum, length) => sum + length, 0);
    return left > FOLD ? [head, tail] : [lengths.length, lengths.length];
  }

  const numbers = [...pairs.keys()].sort((a, b) => a - b);
  // What comes before and after in the other files, if there are any.
  const has = (pair) => (data.files || []).some(([first, count]) => pair >= first && pair < first + count);

  function show(number_) {
    const pair = pairs.get(number_);
    if (!pair) return false;
    differences = [];
    atDifference = -1;
    const { a, b } = pair;
    byId('pair-kind').textContent = { repost: 'Repost', identical: 'Identical', contained: 'Contained', excerpt: 'Excerpt', boilerplate: 'Boilerplate only' }[pair.k];
    for (const [id, doc] of [['key-a', a], ['key-b', b]]) byId(id).textContent = key(doc);
    byId('pair-facts').replaceChildren(
      ...[['alike', pair.r], ['of A in B', pair.x], ['of B in A', pair.y]].map(([name, share]) => element('div', {},
        element('dt', {}, name), element('dd', {}, percent(share)))));
    const shortened = !byId('full').checked;
    byId('passages').replaceChildren(...pair.p.map((one) => passage(one, shortened)));
    if (pair.c) byId('passages').append(element('p', { class: 'aside' }, 'The texts go on: what is beyond their first 40\u202f000 characters is left out here.'));
    for (const [id, next] of [['previous', number_ - 1], ['next', number_ + 1]]) {
      const link = byId(id);
      if (pairs.has(next) || has(next)) link.setAttribute('href', address(next)); else link.removeAttribute('href');
      link.setAttribute('aria-disabled', String(!link.hasAttribute('href')));
    }
    view.hidden = false;
    page.hidden = true;
    document.title = `${key(a)} \u2013 ${key(b)}`;
    return true;
  }

  function route() {
    const wanted = /^#pair-(\d+)$/.exec(location.hash);
    if (wanted && show(Number(wanted[1]))) {
      scrollTo({ top: 0, behavior: 'instant' });
      byId('pair-title').focus({ preventScroll: true });
      return;
    }
    view.hidden = true;
    page.hidden = false;
    document.title = page.dataset.title;
    if (data.items === undefined && numbers.length) location.replace(`#pair-${numbers[0]}`);
    else if (cameFrom && cameFrom.isConnected) cameFrom.focus();
  }

  function difference(step) {
    if (!differences.length) return;
    atDifference = (atDifference + step + differences.length) % differences.length;
    differences[atDifference].focus();
    differences[atDifference].scrollIntoView({ block: 'center' });
  }

  byId('full').addEventListener('change', route);
  byId('difference').addEventListener('click', () => difference(1));

  // ---------------------------------------------------------------- keys
  function step(by) {
    const all = [...list.querySelectorAll('summary')];
    const at = all.indexOf(document.activeElement);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (next) next.focus();
  }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.matches('input, select, textarea');
    if (inField && event.key !== 'Escape') return;
    const help = byId('help');
    if (help.open) return;
    const isPair = !view.hidden;
    const acts = isPair
      ? { n: () => byId('next').click(), p: () => byId('previous').click(), d: () => difference(1), D: () => difference(-1), Escape: () => byId('back').click(), '?': () => help.showModal() }
      : { '/': () => byId('query').focus(), j: () => step(1), k: () => step(-1), Escape: () => { if (inField) event.target.blur(); }, '?': () => help.showModal() };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  byId('close').addEventListener('click', () => byId('help').close());
  for (const button of document.querySelectorAll('.help-button')) button.addEventListener('click', () => byId('help').showModal());

  if (data.items !== undefined) {
    data.items.forEach((item, at) => { item.i = at; });
    byId('query').addEventListener('input', (event) => { state.query = event.target.value; update(); });
    byId('order').addEventListener('change', (event) => { state.order = event.target.value; update(); });
    for (const choice of document.querySelectorAll('input[name=kind]')) {
      choice.addEventListener('change', () => { state.kind = choice.value; update(); });
      if (choice.checked) state.kind = choice.value;
    }
    byId('more').addEventListener('click', more);
    list.addEventListener('click', (event) => { cameFrom = event.target.closest('a') || cameFrom; });
    update();
  }
  addEventListener('hashchange', route);
  route();
})();
