import { createScanner, findNodeAtLocation, getNodeValue, parseTree, type Edit, type Node } from 'jsonc-parser'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { withoutExtensions } from '../../../shared/domain/plant-file.ts'
import { canonicalJson } from '../parse-plant-file.ts'
import { isRaw } from '../raw.ts'

export class PlantEditError extends Error {
  override readonly name = 'PlantEditError'
  /** The change that has no place; null: the file as a whole. */
  readonly change: PlantChange | null

  constructor(message: string, change: PlantChange | null = null) {
    super(message)
    this.change = change
  }
}

/**
 * The text of a plant file with changes made in place: comments and layout of everything else stay. Entries are found by id.
 * Two parses at most, however many changes there are (a spreadsheet may bring thousands). Throws PlantEditError where a change has no
 * place, which means that the file is no longer the one that it was made for.
 */
export function applyChanges(text: string, changes: readonly PlantChange[]): string {
  const comes = changes.some(({ kind }) => kind === 'added')
  const goes = changes.some(({ kind }) => kind !== 'added')
  // What comes in last goes behind what is left, so what goes has to be gone. A parse costs 90 ms for 5,000 points.
  const left = goes ? edited(text, taken(text, changes)) : text
  return comes ? edited(left, brought(left, changes)) : left
}

/** What a list of the plant file loses and gains, in this order; for entries that have no id to be named by. */
export interface ListEdit {
  list: 'servers' | 'points' | 'assets' | 'lines' | 'exceptions'
  /** Its entries of which all these fields say so go; `{}`: all of them. */
  remove?: Readonly<Record<string, string>>
  /** Appended at the end. */
  values?: readonly object[]
}

/** An edit of a plant file that can be handed to another thread. */
export type PlantEdit = { changes: readonly PlantChange[] } | { lists: readonly ListEdit[] }

/** The text after an edit; see `applyChanges`. */
export function editText(text: string, edit: PlantEdit): string {
  return 'changes' in edit ? applyChanges(text, edit.changes) : edit.lists.reduce(editList, text)
}

/** The text after `edit`, in the way of `applyChanges`. */
export function editList(text: string, { list, remove, values = [] }: ListEdit): string {
  const left = remove ? edited(text, withoutEntries(text, list, remove)) : text
  if (values.length === 0) return left
  const root = parsed(left)
  const node = memberOf(root, list)
  const edits = node
    ? insertion(
        left,
        node,
        values.map((value) => ({ key: null, value })),
      )
    : insertion(left, root, [{ key: list, value: values }])
  return edited(left, edits)
}

function withoutEntries(text: string, list: string, remove: Readonly<Record<string, string>>): Edit[] {
  const node = memberOf(parsed(text), list)
  const goes = (entry: Node): boolean =>
    Object.entries(remove).every(([field, value]) => memberOf(entry, field)?.value === value)
  const gone = new Set((node?.children ?? []).filter(goes))
  return node && gone.size > 0 ? removals(text, node, gone) : []
}

/** jsonc-parser's own `applyEdits` copies the whole text for each edit: 45 s for 10,000 in 1.5 MB. */
function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const { offset, length, content } of edits.toSorted((a, b) => a.offset - b.offset)) {
    parts.push(text.slice(at, offset), content)
    at = offset + length
  }
  return parts.join('') + text.slice(at)
}

function taken(text: string, changes: readonly PlantChange[]): Edit[] {
  const root = parsed(text)
  const removed = new Map<Node, Set<Node>>()
  const edits = changes.flatMap((change): Edit[] => {
    if (change.kind === 'added') return []
    const { node, rest } = walk(root, pathOf(change))
    const member = node.parent?.type === 'property' ? node.parent : node
    if (rest.length > 0 || !member.parent) throw missing(change)
    if (change.before !== undefined && !says(getNodeValue(node), change.before)) throw missing(change)
    if (change.kind === 'changed') {
      return [{ offset: node.offset, length: node.length, content: pretty(change.after, indentOf(text, node)) }]
    }
    removed.set(member.parent, (removed.get(member.parent) ?? new Set()).add(member))
    return []
  })
  return [...edits, ...[...removed].flatMap(([parent, members]) => removals(text, parent, members))]
}

/** Notes under `x-` and blanks at the ends of words are in the file only: the plant that was read from it lacks them. */
function says(stands: unknown, before: unknown): boolean {
  if (canonicalJson(stands) === canonicalJson(before)) return true
  return plain(stands) === plain(before)
}

function plain(value: unknown): string {
  const trimmed: unknown = JSON.parse(
    JSON.stringify(withoutExtensions(value) ?? null, (_key, inner: unknown) =>
      typeof inner === 'string' ? inner.trim() : inner,
    ),
  )
  return canonicalJson(trimmed)
}

function brought(text: string, changes: readonly PlantChange[]): Edit[] {
  const root = parsed(text)
  const insertions = new Map<Node, Member[]>()
  const put = (into: Node, key: string | null, value: unknown): void => {
    insertions.set(into, [...(insertions.get(into) ?? []), { key, value }])
  }
  const newLists = new Map<string, unknown[]>()
  for (const change of changes) {
    if (change.kind !== 'added') continue
    const { node, rest } = walk(root, pathOf(change))
    const [key] = rest
    if (key === change.section && change.id !== null && change.field === '') {
      newLists.set(key, [...(newLists.get(key) ?? []), change.after])
    } else if (rest.length === 0) throw missing(change)
    else if (node.type === 'array' && idOf(change.after) === rest.join('.')) put(node, null, change.after)
    else if (node.type === 'object' && rest.length === 1 && key !== undefined) put(node, key, change.after)
    else throw missing(change)
  }
  for (const [section, values] of newLists) put(root, section, values)
  return [...insertions].flatMap(([node, members]) => insertion(text, node, members))
}

/** A list takes an element of that id; a field of one that is gone has no place. */
function idOf(value: unknown): unknown {
  return isRaw(value) ? value['id'] : undefined
}

function parsed(text: string): Node {
  const root = parseTree(text)
  if (root?.type === 'object') return root
  throw new PlantEditError('The plant file is no JSON object; put a copy of it back.')
}

function missing(change: PlantChange): PlantEditError {
  const { section, id, field } = change
  const what = [section, id, field].filter((part) => part !== null && part !== '').join(' ')
  return new PlantEditError(
    `The plant file is no longer as it was at ${what}: it was changed meanwhile. Look at it again, then edit.`,
    change,
  )
}

function pathOf({ section, id, field }: PlantChange): string[] {
  return [section, ...(id === null ? [] : [id]), ...(field === '' ? [] : field.split('.'))]
}

/** As deep as the path leads; `rest` is what is not there. Elements of lists are found by their id. */
function walk(root: Node, path: readonly string[]): { node: Node; rest: string[] } {
  let node = root
  let at = 0
  while (at < path.length) {
    const step = stepInto(node, path, at)
    if (step === null) break
    node = step.node
    at = step.at
  }
  return { node, rest: path.slice(at) }
}

/**
 * Ids may hold dots, so that longer names are tried too. That of the entry is one part of the path; of ids within it that begin
 * alike (`de`, `de.b`) the longest counts.
 */
function stepInto(node: Node, path: readonly string[], at: number): { node: Node; at: number } | null {
  const ends = Array.from({ length: path.length - at }, (_, index) => at + 1 + index)
  for (const end of node.type === 'array' && at > 1 ? ends.toReversed() : ends) {
    const name = path.slice(at, end).join('.')
    const inner = node.type === 'array' ? elementOf(node, name) : memberOf(node, name)
    if (inner) return { node: inner, at: end }
  }
  return null
}

function memberOf(node: Node, name: string): Node | undefined {
  return node.type === 'object' ? findNodeAtLocation(node, [name]) : undefined
}

/** By list, since a spreadsheet touches thousands of elements of one. */
const elementsById = new WeakMap<Node, ReadonlyMap<unknown, Node>>()

function elementOf(list: Node, id: string): Node | undefined {
  let known = elementsById.get(list)
  if (!known) {
    known = new Map((list.children ?? []).map((child) => [memberOf(child, 'id')?.value as unknown, child]))
    elementsById.set(list, known)
  }
  return known.get(id)
}

interface Member {
  /** null in a list. */
  key: string | null
  value: unknown
}

/** Behind the last member, laid out as that one is; a comment that stands behind it stays with it. */
function insertion(text: string, into: Node, members: readonly Member[]): Edit[] {
  const last = into.children?.at(-1)
  const outer = indentOf(text, into)
  const isInline = last !== undefined && !text.slice(into.offset, last.offset).includes('\n')
  const indent = last && !isInline ? indentOf(text, last) : `${outer}  `
  const bodies = members.map(({ key, value }) => {
    const body = isInline ? JSON.stringify(value) : pretty(value, indent)
    return key === null ? body : `${JSON.stringify(key)}: ${body}`
  })
  if (!last) {
    const content = `\n${indent}${bodies.join(`,\n${indent}`)}\n${outer}`
    return [{ offset: into.offset + 1, length: 0, content }]
  }
  const end = last.offset + last.length
  if (isInline) return [{ offset: end, length: 0, content: bodies.map((body) => `, ${body}`).join('') }]
  const comment = /^,?[ \t]*(\/\/[^\n]*|\/\*[^\n]*\*\/[ \t]*)(?=\r?\n)/.exec(text.slice(end, end + 2000))?.[0] ?? ''
  const comma = comment.startsWith(',') ? [] : [{ offset: end, length: 0, content: ',' }]
  const content = bodies.map((body) => `\n${indent}${body}`).join(',')
  return [...comma, { offset: end + comment.length, length: 0, content }]
}

function removals(text: string, parent: Node, gone: ReadonlySet<Node>): Edit[] {
  const members = parent.children ?? []
  const edits = members.flatMap((member): Edit[] => {
    if (!gone.has(member)) return []
    const comma = commaBehind(text, member)
    const end = comma === null ? member.offset + member.length : comma + 1
    return [wholeLines(text, member.offset, end)]
  })
  // The last one that stays must not be followed by a comma.
  const stays = members.findLast((member) => !gone.has(member))
  const comma = stays && stays !== members.at(-1) ? commaBehind(text, stays) : null
  return comma === null ? edits : [...edits, { offset: comma, length: 1, content: '' }]
}

function commaBehind(text: string, node: Node): number | null {
  const scanner = createScanner(text, true)
  scanner.setPosition(node.offset + node.length)
  scanner.scan()
  const at = scanner.getTokenOffset()
  return text[at] === ',' ? at : null
}

/** With its lines where nothing else stands on them, and with the blanks behind it where something does. */
function wholeLines(text: string, from: number, to: number): Edit {
  const line = text.lastIndexOf('\n', from - 1) + 1
  const next = text.indexOf('\n', to)
  const isAlone = text.slice(line, from).trim() === '' && next >= 0 && text.slice(to, next).trim() === ''
  if (isAlone) return { offset: line, length: next + 1 - line, content: '' }
  const blanks = /^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0
  return { offset: from, length: to + blanks - from, content: '' }
}

function pretty(value: unknown, indent: string): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${indent}`)
}

/** The blanks before the line on which the node begins. */
function indentOf(text: string, node: Node): string {
  const line = text.lastIndexOf('\n', node.offset - 1) + 1
  return /^[ \t]*/.exec(text.slice(line, node.offset))?.[0] ?? ''
}
