//! A page's visible text, and what its markup says of each line.
//!
//! The parser is html5ever's: tokens and tree are those of the HTML standard. What stands here is a tree that holds
//! no more than the text needs ([`Tree`]), and a filter between tokenizer and tree builder ([`Tame`]) that keeps
//! hostile pages from costing more than a constant per byte.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, ExpandedName, LocalName, QualName, TokenizerResult, local_name, ns};

use super::encoding;
use crate::document::{LineHint, Region};

/// Elements nested deeper than this join their ancestor, as in browsers (Blink's limit is 512 too).
///
/// The tree builder walks its stack of open elements for most tags, so depth is what a page's cost is multiplied by.
const DEEPEST: u32 = 512;

/// Bytes without a token from which a tag is taken to be a payload (an inlined image, or an attack).
///
/// The tokenizer compares each attribute's name with all others of its tag.
const LONGEST_TAG: usize = 16 << 10;

/// Returns the visible text of a page, one block of layout a line, and a hint for each line.
///
/// Lines are trimmed and never empty; white space is collapsed except in `pre` and `textarea`; the page's title is the
/// first line. Takes time and memory in proportion to the page, whatever the page is.
pub(super) fn text(html: &str) -> (String, Vec<LineHint>) {
    Lines::of(&parse(html))
}

fn parse(html: &str) -> Tree {
    let options = TreeBuilderOpts { drop_doctype: true, ..Default::default() };
    let tokenizer = Tokenizer::new(
        Tame { builder: TreeBuilder::new(Tree::new(), options), tags: RefCell::default(), tokens: Cell::new(0) },
        TokenizerOpts::default(),
    );
    let input = BufferQueue::default();
    let feed = |piece: &str| {
        input.push_back(StrTendril::from_slice(piece));
        while let TokenizerResult::Script(_) = tokenizer.feed(&input) {}
    };
    let mut rest = html;
    let mut quiet = 0;
    while !rest.is_empty() {
        let before = tokenizer.sink.tokens.get();
        let piece;
        if quiet < LONGEST_TAG {
            let most = rest.len().min(8 << 10);
            let end = (0..=most).rev().find(|&end| rest.is_char_boundary(end)).unwrap_or(0);
            (piece, rest) = rest.split_at(end);
            feed(piece);
        } else {
            // Only what can end the tag or comment is fed, up to where it may have ended.
            (piece, rest) = rest.split_at(memchr::memchr(b'>', rest.as_bytes()).map_or(rest.len(), |at| at + 1));
            feed(&piece.replace(|c| !matches!(c, '"' | '\'' | '-' | '!' | ']' | '>'), ""));
        }
        quiet = if tokenizer.sink.tokens.get() == before { quiet + piece.len() } else { 0 };
    }
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

/// Passes tokens on to the tree builder, less what does not show in the text and can make a tree explode.
///
/// - Attributes, but for the few that say something here.
/// - Formatting (`b`, `font` …): where it is left open, the standard opens it again in every later paragraph.
/// - Elements below [`DEEPEST`]. Their text stays.
struct Tame {
    builder: TreeBuilder<Handle, Tree>,
    /// What became of the start tags that were not passed on as they are, by name, innermost last.
    tags: RefCell<HashMap<LocalName, Vec<Instead>>>,
    tokens: Cell<u64>,
}

#[derive(Clone, Copy)]
enum Instead {
    Nothing,
    Span,
}

impl Tame {
    fn tame(&self, mut tag: Tag) -> Option<Tag> {
        let mut tags = self.tags.borrow_mut();
        if tag.kind == TagKind::EndTag {
            tag.attrs.clear();
            return match tags.get_mut(&tag.name).and_then(Vec::pop) {
                Some(Instead::Nothing) => None,
                Some(Instead::Span) => Some(Tag { name: local_name!("span"), ..tag }),
                None => Some(tag),
            };
        }
        tag.attrs = telling_attributes(&tag.name, &tag.attrs);
        let name = tag.name.clone();
        let instead = if self.builder.sink.depth.get() >= DEEPEST && !holds_only_text(&name) {
            Instead::Nothing
        } else if !is_formatting(&name) {
            return Some(tag);
        } else if tag.attrs.is_empty() {
            Instead::Nothing
        } else {
            tag.name = local_name!("span");
            Instead::Span
        };
        if !is_void(&name) {
            tags.entry(name).or_default().push(instead);
        }
        matches!(instead, Instead::Span).then_some(tag)
    }
}

impl TokenSink for Tame {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        let token = match token {
            Token::ParseError(_) => return TokenSinkResult::Continue,
            Token::CommentToken(_) => None,
            Token::TagToken(tag) => self.tame(tag).map(Token::TagToken),
            other => Some(other),
        };
        self.tokens.set(self.tokens.get() + 1);
        token.map_or(TokenSinkResult::Continue, |token| self.builder.process_token(token, line))
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Returns the attributes that this module or the tree builder looks at, with a `style` that hides read as `hidden`.
fn telling_attributes(tag: &LocalName, attributes: &[Attribute]) -> Vec<Attribute> {
    let has = |name: &str| attributes.iter().any(|attribute| &*attribute.name.local == name);
    let mut telling = Vec::new();
    let hides = |attribute: &Attribute| &*attribute.name.local == "style" && hides(&attribute.value);
    let is_page = matches!(&**tag, "html" | "body");
    // A script shows a page that is hidden as a whole once it has loaded.
    if !is_page && (has("hidden") || attributes.iter().any(hides) || (&**tag == "dialog" && !has("open"))) {
        let name = QualName::new(None, ns!(), local_name!("hidden"));
        telling.push(Attribute { name, value: StrTendril::new() });
    }
    let keep = |attribute: &&Attribute| match &*attribute.name.local {
        "role" => region_of_role(&attribute.value).is_some(),
        "type" => &**tag == "input",
        _ => false,
    };
    telling.extend(attributes.iter().filter(keep).cloned());
    telling
}

fn hides(style: &str) -> bool {
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(property, value)| {
        let value = value.trim().get(..value.trim().find('!').unwrap_or(value.trim().len())).unwrap_or("").trim();
        let property = property.trim();
        property.eq_ignore_ascii_case("display") && value.eq_ignore_ascii_case("none")
            || property.eq_ignore_ascii_case("visibility") && value.eq_ignore_ascii_case("hidden")
    })
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt" | "u"
    )
}

/// Whether the tokenizer reads what follows the start tag as text up to the end tag.
fn holds_only_text(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "textarea"
            | "title"
            | "noscript"
            | "iframe"
            | "noembed"
            | "noframes"
            | "xmp"
            | "plaintext"
            | "br"
            | "hr"
    )
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "image"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "textarea"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
            | "xmp"
    )
}

/// Whether browsers show nothing of the element (HTML standard, "Hidden elements"), or nothing of it in words.
fn is_hidden(name: &str) -> bool {
    matches!(
        name,
        "annotation"
            | "annotation-xml"
            | "audio"
            | "canvas"
            | "datalist"
            | "desc"
            | "iframe"
            | "metadata"
            | "noembed"
            | "noframes"
            | "noscript"
            | "object"
            | "rp"
            | "script"
            | "style"
            | "template"
            | "title"
            | "video"
    )
}

fn region_of_element(name: &str) -> Option<Region> {
    Some(match name {
        "nav" => Region::Navigation,
        "header" => Region::Header,
        "footer" => Region::Footer,
        "aside" => Region::Aside,
        "main" | "article" => Region::Main,
        _ => return None,
    })
}

/// Returns the region of the first ARIA role that names one; further roles are fallbacks.
fn region_of_role(roles: &str) -> Option<Region> {
    roles.split_ascii_whitespace().find_map(|role| {
        Some(match role.to_ascii_lowercase().as_str() {
            "navigation" => Region::Navigation,
            "banner" => Region::Header,
            "contentinfo" => Region::Footer,
            "complementary" => Region::Aside,
            "main" | "article" => Region::Main,
            _ => return None,
        })
    })
}

/// A page as a tree in one vector, so that no depth can overflow a stack, in use or when dropped.
struct Tree {
    nodes: RefCell<Vec<Node>>,
    /// All text of the page in the order it was met; text nodes are ranges of it.
    text: RefCell<String>,
    /// The first `title` that is the page's, not an image's.
    title: Cell<u32>,
    /// Depth of the element that was last appended to.
    depth: Cell<u32>,
}

const DOCUMENT: u32 = 0;
/// Holds the contents of all templates; never shown.
const TEMPLATES: u32 = 1;
const NONE: u32 = u32::MAX;

struct Node {
    parent: u32,
    previous: u32,
    next: u32,
    first: u32,
    last: u32,
    depth: u32,
    what: What,
}

enum What {
    Text(Range<usize>),
    Element(Element),
}

/// What an element means for the text.
#[derive(Clone, Copy, Default)]
struct Element {
    hidden: bool,
    block: bool,
    line_break: bool,
    cell: bool,
    preformatted: bool,
    link: bool,
    region: Option<Region>,
}

impl Element {
    fn new(name: &QualName, attributes: &[Attribute]) -> Self {
        let tag = &*name.local;
        let attribute = |name: &str| attributes.iter().find(|attribute| &*attribute.name.local == name);
        let hidden = is_hidden(tag) || attribute("hidden").is_some();
        if name.ns != ns!(html) {
            return Self { hidden, link: tag == "a", ..Self::default() };
        }
        Self {
            hidden,
            block: is_block(tag),
            line_break: tag == "br",
            cell: matches!(tag, "td" | "th"),
            preformatted: matches!(tag, "pre" | "textarea" | "listing" | "xmp" | "plaintext"),
            link: tag == "a",
            region: attribute("role").and_then(|role| region_of_role(&role.value)).or(region_of_element(tag)),
        }
    }
}

/// A node by its place in the tree. Carries its name, which the tree has no other use for.
#[derive(Clone)]
struct Handle {
    node: u32,
    name: QualName,
}

impl Tree {
    fn new() -> Self {
        let tree =
            Self { nodes: RefCell::default(), text: RefCell::default(), title: Cell::new(NONE), depth: Cell::new(0) };
        tree.node(What::Element(Element::default()));
        tree.node(What::Element(Element { hidden: true, ..Element::default() }));
        tree
    }

    fn node(&self, what: What) -> u32 {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parent: NONE, previous: NONE, next: NONE, first: NONE, last: NONE, depth: 0, what });
        (nodes.len() - 1) as u32
    }

    fn handle(&self, node: u32) -> Handle {
        Handle { node, name: QualName::new(None, ns!(), local_name!("")) }
    }

    /// Puts `child` under `parent`, before `next` or (where that is [`NONE`]) last.
    fn insert(&self, parent: u32, next: u32, child: NodeOrText<Handle>) {
        let child = match child {
            NodeOrText::AppendNode(child) => {
                self.detach(child.node);
                child.node
            }
            NodeOrText::AppendText(text) => {
                let mut all = self.text.borrow_mut();
                let range = all.len()..all.len() + text.len();
                all.push_str(&text);
                let mut nodes = self.nodes.borrow_mut();
                self.depth.set(nodes[parent as usize].depth);
                let before = if next == NONE { nodes[parent as usize].last } else { nodes[next as usize].previous };
                if before != NONE
                    && let What::Text(last) = &mut nodes[before as usize].what
                    && last.end == range.start
                {
                    last.end = range.end;
                    return;
                }
                drop(nodes);
                self.node(What::Text(range))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes[parent as usize].depth;
        let previous = if next == NONE { nodes[parent as usize].last } else { nodes[next as usize].previous };
        let node = &mut nodes[child as usize];
        (node.parent, node.previous, node.next, node.depth) = (parent, previous, next, depth + 1);
        self.depth.set(if let What::Text(_) = node.what { depth } else { depth + 1 });
        match previous {
            NONE => nodes[parent as usize].first = child,
            previous => nodes[previous as usize].next = child,
        }
        match next {
            NONE => nodes[parent as usize].last = child,
            next => nodes[next as usize].previous = child,
        }
    }

    fn detach(&self, child: u32) {
        let mut nodes = self.nodes.borrow_mut();
        let node = &mut nodes[child as usize];
        let (parent, previous, next) = (node.parent, node.previous, node.next);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
        if parent == NONE {
            return;
        }
        match previous {
            NONE => nodes[parent as usize].first = next,
            previous => nodes[previous as usize].next = next,
        }
        match next {
            NONE => nodes[parent as usize].last = previous,
            next => nodes[next as usize].previous = previous,
        }
    }

    fn parent(&self, node: u32) -> u32 {
        self.nodes.borrow()[node as usize].parent
    }
}

impl TreeSink for Tree {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.handle(DOCUMENT)
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        let node = self.node(What::Element(Element::new(&name, &attributes)));
        if name.ns == ns!(html) && name.local == local_name!("title") && self.title.get() == NONE {
            self.title.set(node);
        }
        Handle { node, name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.handle(self.node(What::Text(0..0)))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.handle(self.node(What::Text(0..0)))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.node, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        match self.parent(element.node) {
            NONE => self.insert(previous.node, NONE, child),
            parent => self.insert(parent, element.node, child),
        }
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        match self.parent(sibling.node) {
            NONE => {}
            parent => self.insert(parent, sibling.node, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Handle) -> Handle {
        let mut nodes = self.nodes.borrow_mut();
        nodes[TEMPLATES as usize].depth = nodes[target.node as usize].depth + 1;
        self.handle(TEMPLATES)
    }

    fn same_node(&self, a: &Handle, b: &Handle) -> bool {
        a.node == b.node
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn add_attrs_if_missing(&self, _: &Handle, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.detach(target.node);
    }

    fn reparent_children(&self, from: &Handle, to: &Handle) {
        let mut child = self.nodes.borrow()[from.node as usize].first;
        while child != NONE {
            let next = self.nodes.borrow()[child as usize].next;
            self.insert(to.node, NONE, NodeOrText::AppendNode(self.handle(child)));
            child = next;
        }
    }

    fn allow_declarative_shadow_roots(&self, _: &Handle) -> bool {
        false
    }
}

/// The text as it grows, line by line.
#[derive(Default)]
struct Lines {
    text: String,
    hints: Vec<LineHint>,
    /// Where the line that is being written begins.
    line: usize,
    region: Option<Region>,
    space: bool,
    characters: usize,
    linked: usize,
}

/// What a text inherits from the elements around it.
#[derive(Clone, Copy)]
struct Around {
    region: Region,
    link: bool,
    preformatted: bool,
}

impl Lines {
    fn of(tree: &Tree) -> (String, Vec<LineHint>) {
        let nodes = tree.nodes.borrow();
        let text = tree.text.borrow();
        let mut lines = Self::default();

        if tree.title.get() != NONE {
            let around = Around { region: Region::Title, link: false, preformatted: false };
            let mut child = nodes[tree.title.get() as usize].first;
            while child != NONE {
                if let What::Text(range) = &nodes[child as usize].what {
                    lines.write(&text[range.clone()], around);
                }
                child = nodes[child as usize].next;
            }
            lines.end();
        }

        let mut outside = vec![Around { region: Region::Body, link: false, preformatted: false }];
        let mut at = DOCUMENT;
        'walk: loop {
            let node = &nodes[at as usize];
            let around = *outside.last().expect("the document's own entry is never popped");
            match &node.what {
                What::Text(range) => lines.write(&text[range.clone()], around),
                What::Element(element) if element.hidden => {}
                What::Element(element) => {
                    lines.border(element);
                    if node.first != NONE {
                        outside.push(Around {
                            region: element.region.unwrap_or(around.region),
                            link: around.link || element.link,
                            preformatted: around.preformatted || element.preformatted,
                        });
                        at = node.first;
                        continue;
                    }
                }
            }
            while nodes[at as usize].next == NONE {
                at = nodes[at as usize].parent;
                if at == NONE {
                    break 'walk;
                }
                outside.pop();
                if let What::Element(element) = &nodes[at as usize].what {
                    lines.border(element);
                }
            }
            at = nodes[at as usize].next;
        }
        lines.end();
        lines.text.pop();
        (lines.text, lines.hints)
    }

    /// Marks where an element begins or ends.
    fn border(&mut self, element: &Element) {
        if element.block || element.line_break {
            self.end();
        }
        self.space |= element.cell;
    }

    fn write(&mut self, text: &str, around: Around) {
        if encoding::has_separators(text) {
            // A form feed is white space in HTML.
            for (number, line) in text.split(|c| c != '\u{C}' && encoding::is_separator(c)).enumerate() {
                if number > 0 {
                    self.end();
                }
                self.write_line(line, around);
            }
        } else {
            self.write_line(text, around);
        }
    }

    fn write_line(&mut self, text: &str, around: Around) {
        if around.preformatted {
            for (number, part) in text.split(['\n', '\r', '\u{C}']).enumerate() {
                if number > 0 {
                    self.end();
                }
                self.push(part, around);
            }
        } else {
            for (number, part) in text.split([' ', '\n', '\t', '\r', '\u{C}']).enumerate() {
                self.space |= number > 0;
                self.push(part, around);
            }
        }
    }

    fn push(&mut self, part: &str, around: Around) {
        if part.is_empty() {
            return;
        }
        if self.region.is_some_and(|region| region != around.region) {
            self.end();
        }
        let is_start = self.text.len() == self.line;
        let part = if is_start { part.trim_start() } else { part };
        if part.is_empty() {
            return;
        }
        if self.space && !is_start {
            self.text.push(' ');
        }
        self.space = false;
        self.region = Some(around.region);
        self.text.push_str(part);
        let characters = part.chars().filter(|c| !c.is_whitespace()).count();
        self.characters += characters;
        self.linked += if around.link { characters } else { 0 };
    }

    /// Ends the line, if anything stands on it.
    fn end(&mut self) {
        self.text.truncate(self.line + self.text[self.line..].trim_end().len());
        if let Some(region) = self.region.take()
            && self.text.len() > self.line
        {
            let linked = (self.linked * 255 / self.characters.max(1)) as u8;
            self.hints.push(LineHint { region, linked });
            self.text.push('\n');
            self.line = self.text.len();
        }
        (self.space, self.characters, self.linked) = (false, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(html: &str) -> Vec<String> {
        let (text, hints) = text(html);
        assert_eq!(text.lines().count(), hints.len(), "{text:?}");
        assert!(text.lines().all(|line| !line.is_empty() && line.trim() == line), "{text:?}");
        text.lines().map(Into::into).collect()
    }

    fn hints(html: &str) -> Vec<(Region, u8)> {
        text(html).1.iter().map(|hint| (hint.region, hint.linked)).collect()
    }

    #[test]
    fn blocks_and_breaks_end_a_line_and_inline_elements_do_not() {
        let html = "<html><head><title> 渡口\n纪事 </title></head><body><h1>渡口</h1>老船<b>工</b>说：<p>第一段。<br>第二行\
                    <div>第三<span>行</span></div>第四行<ul><li>甲<li>乙</ul></body></html>";
        assert_eq!(
            lines(html),
            ["渡口 纪事", "渡口", "老船工说：", "第一段。", "第二行", "第三行", "第四行", "甲", "乙"]
        );
    }

    #[test]
    fn cells_are_separated_by_a_space_and_rows_end_a_line() {
        let html = "<table><tr><th>地名</th><th>人口</th></tr><tr><td>东村<td>三百<tr><td></td><td>无</td></table>";
        assert_eq!(lines(html), ["地名 人口", "东村 三百", "无"]);
    }

    #[test]
    fn what_a_reader_cannot_see_is_not_text() {
        let html = "<p>看得见<script>if (a < b) { '</p>' }</script><style>p{}</style><!-- 注释 <p>不是 -->\
                    <template><p>模板</template><noscript><p>无脚本</noscript><span hidden>甲</span>\
                    <span style='color:red; Display : NONE !important'>乙</span>\
                    <b style=\"visibility:hidden\">丙<b>丁</b></b><i aria-hidden=true>的</i><img alt='图'>\
                    <textarea>字</textarea><iframe>框</iframe><svg><title>标</title><text>图中字</text></svg>\
                    <div style='display:none'><p>戊<div>己</div></div><dialog>庚</dialog></p>末";
        assert_eq!(lines(html), ["看得见的", "字", "图中字", "末"]);
    }

    #[test]
    fn a_page_hidden_until_its_script_has_run_is_read() {
        assert_eq!(lines("<body style='display:none'><p>渡口</body>"), ["渡口"]);
    }

    #[test]
    fn white_space_is_collapsed_except_where_it_is_preformatted() {
        assert_eq!(lines("<p> \n 老船工 \t\n 说 <b> 好 </b></p>"), ["老船工 说 好"]);
        assert_eq!(lines("<pre>\n第一行\n    第二  行\n\n第三行</pre>尾"), ["第一行", "第二  行", "第三行", "尾"]);
        assert_eq!(lines("<p>&nbsp;&#12288;　缩进&nbsp;两字　</p><p>&nbsp;</p>"), ["缩进\u{a0}两字"]);
    }

    #[test]
    fn entities_are_decoded() {
        assert_eq!(
            lines("<p>&lt;渡口&gt; &amp;&#28193;&#x53E3;&hellip;&middot&#0;&#xD800;"),
            ["<渡口> &渡口…·\u{fffd}\u{fffd}"]
        );
    }

    #[test]
    fn a_line_stands_in_the_nearest_region_that_says_so() {
        let html = "<title>题</title><header>头<nav>航</nav></header><div role=navigation>航</div><main>正文\
                    <article>文<footer>署名</footer></article></main><aside>旁</aside><div role='banner'>头</div>\
                    <div role=Complementary>旁</div><div role=contentinfo>脚</div><footer>脚</footer><p role=main>主</p>体";
        use Region::*;
        let regions = [
            Title, Header, Navigation, Navigation, Main, Main, Footer, Aside, Header, Aside, Footer, Footer, Main, Body,
        ];
        assert_eq!(hints(html).iter().map(|hint| hint.0).collect::<Vec<_>>(), regions);
        assert_eq!(lines("前<span role=navigation>航</span>后"), ["前", "航", "后"]);
    }

    #[test]
    fn a_line_knows_the_share_of_it_that_is_linked() {
        let html = "<p><a href=/>首页</a> <a href=/x>新闻</a></p><p>见<a href=/><b>下</b></a>文。</p><p>无</p>";
        assert_eq!(hints(html), [(Region::Body, 255), (Region::Body, 63), (Region::Body, 0)]);
    }

    #[test]
    fn xhtml_is_read_as_html() {
        let html = "<?xml version=\"1.0\"?><!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"><head>\
                    <title>题</title></head><body><p>一</p><br/><div/>二<p/>三</body></html>";
        assert_eq!(lines(html), ["题", "一", "二", "三"]);
    }

    #[test]
    fn formatting_that_is_left_open_changes_nothing() {
        assert_eq!(lines("<p><b>一<p><i>二</b></p>三</i>"), ["一", "二", "三"]);
        assert_eq!(lines("<p><b hidden>隐<b>藏</b>者</b>见</p>"), ["见"]);
    }

    #[test]
    fn an_empty_page_has_no_lines() {
        for html in ["", " ", "<html></html>", "<!-- x", "<p hidden>无", "<title></title>"] {
            assert_eq!(text(html), (String::new(), Vec::new()), "{html:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_line_of_any_page_has_a_hint_and_something_on_it(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..60)
        ) {
            lines(&pieces.concat());
        }
    }

    const PIECES: &[&str] = &[
        "渡口",
        " ",
        "\n",
        "&nbsp;",
        "&#0;",
        "\0",
        "　",
        "<",
        ">",
        "\"",
        "<p>",
        "</p>",
        "<a href=x>",
        "</a>",
        "<b>",
        "</b>",
        "<i hidden>",
        "</i>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<caption>",
        "<select>",
        "<option>",
        "</select>",
        "<template>",
        "</template>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mi>",
        "<desc>",
        "<title>",
        "</title>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<nav>",
        "</nav>",
        "<pre>",
        "</pre>",
        "<body>",
        "</body>",
        "<html hidden>",
        "</html>",
        "<head>",
        "</head>",
        "<frameset>",
        "<form>",
        "</form>",
        "<button>",
        "</button>",
        "<ruby>",
        "<rt>",
        "<li>",
        "<ul>",
        "</ul>",
        "<plaintext>",
        "<textarea>",
        "</textarea>",
        "<br/>",
        "</br>",
        "<div role=main>",
        "</div>",
        "<font color=red>",
        "<annotation-xml encoding='text/html'>",
        "<h1>",
        "</h2>",
    ];

    /// Hostile pages of about a megabyte; each takes minutes, gigabytes or the stack where its cost is not bounded.
    #[test]
    fn a_hostile_page_takes_no_longer_than_its_length_says() {
        let many = |from: &dyn Fn(usize) -> String, times: usize| (0..times).map(from).collect::<String>();
        let pages = [
            ("nested blocks", format!("{}渡口", "<div>".repeat(200_000))),
            ("nested blocks, closed", format!("{}渡口{}", "<div>".repeat(100_000), "</div>".repeat(100_000))),
            ("nested tables", format!("{}渡口", "<table><tr><td>".repeat(70_000))),
            ("nested templates", format!("{}</template>渡口", "<template>".repeat(100_000))),
            ("nested svg", format!("{}渡口", "<svg><g>".repeat(100_000))),
            ("open formatting", format!("{}渡口", many(&|n| format!("<p><font size={n}><b id={n}>x"), 30_000))),
            ("open and hidden", format!("{}渡口", many(&|n| format!("<p><i hidden id={n}>x"), 30_000))),
            ("open links", format!("{}渡口", "<a href=x><div>".repeat(60_000))),
            ("attributes", format!("<p {}>渡口", many(&|n| format!("a{n} "), 150_000))),
            ("quoted attributes", format!("<p {}>渡口", many(&|n| format!("a{n}='>'"), 100_000))),
            ("comment", format!("<!--{}-->渡口", "> a b <p ".repeat(100_000))),
            ("inline image", format!("<img src=\"{}\" alt='图'>渡口", "a+/>".repeat(250_000))),
            ("misplaced in tables", format!("{}渡口", "<table><b>x</b><p>".repeat(50_000))),
            ("stray ends", format!("{}渡口", "</p></b></i></x>".repeat(60_000))),
            ("entities", format!("{}渡口", "&amp".repeat(250_000))),
            ("angle brackets", format!("{}渡口", "<".repeat(1_000_000))),
        ];
        for (name, page) in pages {
            let started = std::time::Instant::now();
            let (text, _) = text(&page);
            let took = started.elapsed();
            let is_seen = !matches!(name, "nested templates" | "open and hidden");
            assert_eq!(text.ends_with("渡口"), is_seen, "{name}: {}", text.len());
            assert!(took.as_secs() < 10, "{name} took {took:?}");
        }
    }
}
