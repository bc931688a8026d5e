// SPDX-License-Identifier: MIT
// What Verovio engraves, as a table: one line a note head, for engraving_compare.py.
//   node verovio.mjs FOLDER-OF-NODE-MODULES OUT-FOLDER FILE...
// Columns: measure (from 0), staff (from 0), x, position (steps above the middle line), stem, accidental, beam group.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, out, ...files] = process.argv.slice(2);
const find = createRequire(path.join(path.resolve(modules), 'x.js'));
const load = async (name) => (await import(pathToFileURL(find.resolve(name)).href)).default;
const createModule = await load('verovio/wasm');
const { VerovioToolkit } = await import(pathToFileURL(find.resolve('verovio/esm')).href);
let verovio = await createModule();

// As engrave.h numbers them.
const accidentals = { E264: 1, E260: 2, E261: 3, E262: 4, E263: 5 };

const attribute = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
const numbers = (text) => (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

function parse(svg) {
  const root = { kind: 'svg', children: [] }, stack = [root];
  for (const [tag] of svg.matchAll(/<[^>]+>/g)) {
    const top = stack[stack.length - 1];
    if (tag.startsWith('</g')) stack.pop();
    else if (tag.startsWith('<g')) {
      const node = { kind: attribute(tag, 'class')?.split(' ')[0] ?? '', children: [] };
      top.children.push(node);
      if (!tag.endsWith('/>')) stack.push(node);
    } else if (tag.startsWith('<use')) {
      const at = attribute(tag, 'transform');
      const [x, y] = at ? numbers(at) : [Number(attribute(tag, 'x')), Number(attribute(tag, 'y'))];
      top.children.push({ kind: 'use', code: /#([0-9A-F]{4,5})/.exec(tag)?.[1] ?? '', x, y, children: [] });
    } else if (tag.startsWith('<path') && attribute(tag, 'd')) {
      top.children.push({ kind: 'path', d: numbers(attribute(tag, 'd')), children: [] });
    } else if (tag.startsWith('<rect')) {
      const [x, y, w, h] = ['x', 'y', 'width', 'height'].map((n) => Number(attribute(tag, n)));
      top.children.push({ kind: 'rect', x, y, w, h, children: [] });
    }
  }
  return root;
}

function* walk(node, up = []) {
  yield [node, up];
  for (const child of node.children) yield* walk(child, [...up, node]);
}
const all = (node, kind) => [...walk(node)].filter(([n]) => n.kind === kind).map(([n]) => n);

function stemOf(owner, heads) {
  const stem = owner && all(owner, 'stem')[0];
  const line = stem && (all(stem, 'path')[0]?.d ?? (all(stem, 'rect')[0] && rectLine(all(stem, 'rect')[0])));
  if (!line || line.length < 4 || Math.abs(line[3] - line[1]) < 10) return 0;
  const middle = (Math.min(...heads.map((h) => h.y)) + Math.max(...heads.map((h) => h.y))) / 2;
  return (line[1] + line[3]) / 2 < middle ? 1 : -1;
}
const rectLine = (r) => [r.x, r.y, r.x, r.y + r.h];

const headOf = (note) => note.children.filter((c) => c.kind === 'notehead').flatMap((c) => all(c, 'use'))[0];

function linesOf(staff) {
  const lines = staff.children.filter((c) => c.kind === 'path').map((c) => c.d[1]).sort((a, b) => a - b);
  const [top, bottom] = [lines[0], lines[lines.length - 1]];
  return { gap: (bottom - top) / (lines.length - 1), middle: (top + bottom) / 2 };
}
const stepsAbove = (lines, y) => Math.round((lines.middle - y) / (lines.gap / 2));

// A note on another staff stays in its own one's group: it belongs where it is drawn.
function drawnOn(staves, index, y) {
  const far = Math.abs(stepsAbove(staves[index], y));
  const other = staves.findIndex((lines) => Math.abs(stepsAbove(lines, y)) <= 8);
  return far >= 13 && other >= 0 ? other : index;
}

function staffRows(staff, measure, index, staves) {
  if (!(staves[index].gap > 0)) return [];
  const gap = staves[index].gap;
  const rows = [], beams = [];
  for (const [note, up] of walk(staff)) {
    const head = note.kind === 'note' && headOf(note);
    if (!head) continue;
    const chord = [...up].reverse().find((n) => n.kind === 'chord'), owner = chord ?? note;
    const heads = all(owner, 'note').map(headOf).filter(Boolean);
    const beam = [...up].reverse().find((n) => n.kind === 'beam');
    if (beam && !beams.includes(beam)) beams.push(beam);
    const sign = all(note, 'accid').flatMap((a) => all(a, 'use'))[0];
    const on = drawnOn(staves, index, head.y);
    rows.push([measure, on, head.x / gap, stepsAbove(staves[on], head.y), stemOf(owner, heads),
      sign ? accidentals[sign.code] ?? 6 : 0, beam ? beams.indexOf(beam) + 1 : 0].join('\t'));
  }
  return rows;
}

function engrave(bytes) {
  const toolkit = new VerovioToolkit(verovio);
  toolkit.setOptions({ breaks: 'none', header: 'none', footer: 'none', adjustPageWidth: true,
    adjustPageHeight: true });
  const ok = bytes[0] === 0x50
    ? toolkit.loadZipDataBuffer(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    : toolkit.loadData(bytes.toString(bytes[0] === 0xff || bytes[0] === 0xfe ? 'utf16le' : 'utf8'));
  if (!ok) throw new Error('not read');
  const rows = [];
  let measure = 0;
  for (let page = 1; page <= toolkit.getPageCount(); page++)
    for (const m of all(parse(toolkit.renderToSVG(page)), 'measure')) {
      const groups = m.children.filter((c) => c.kind === 'staff'), staves = groups.map(linesOf);
      groups.forEach((s, i) => rows.push(...staffRows(s, measure, i, staves)));
      measure++;
    }
  toolkit.destroy();
  return rows;
}

for (const file of files) {
  try {
    const rows = engrave(fs.readFileSync(file));
    fs.writeFileSync(path.join(out, `${path.basename(file)}.verovio.tsv`), rows.join('\n') + '\n');
  } catch (error) {
    console.error(`${file}: ${String(error).slice(0, 100)}`);
    verovio = await createModule(); // a trap leaves it unusable
  }
}
