import { inflateSync } from 'node:zlib'

/**
 * Text of a PDF as Chromium prints it: glyph numbers in content streams, and for each font a table of what they stand for. Enough to
 * read a page back, not a reader of any PDF.
 */
export function readPdf(bytes: Buffer): { pages: number; text: string } {
  const objects = objectsOf(bytes)
  const bodies = [...objects.values()]
  const fonts = new Map<string, Map<string, string>>()
  for (const { dictionary } of bodies) {
    const list = /\/Font\s*<<(.*?)>>/s.exec(dictionary)?.[1] ?? ''
    for (const [, name = '', id = ''] of list.matchAll(/\/(\w+)\s+(\d+) 0 R/g)) {
      const table = /\/ToUnicode\s+(\d+) 0 R/.exec(objects.get(Number(id))?.dictionary ?? '')?.[1]
      const map = table === undefined ? undefined : objects.get(Number(table))?.stream
      if (map !== undefined) fonts.set(name, glyphsOf(map))
    }
  }
  const text = bodies
    .flatMap(({ stream }) => (stream?.includes(' Tf') === true ? [textOf(stream, fonts)] : []))
    .join('\n')
  return { pages: bodies.filter(({ dictionary }) => /\/Type\s*\/Page\b(?!s)/.test(dictionary)).length, text }
}

function objectsOf(bytes: Buffer): Map<number, { dictionary: string; stream: string | undefined }> {
  const raw = bytes.toString('latin1')
  const found = new Map<number, { dictionary: string; stream: string | undefined }>()
  for (const match of raw.matchAll(/(\d+) 0 obj\b(.*?)endobj/gs)) {
    const body = match[2] ?? ''
    const at = body.indexOf('stream')
    const dictionary = at < 0 ? body : body.slice(0, at)
    const start = (match.index ?? 0) + match[0].indexOf(body) + at + 'stream'.length
    const begin = raw.startsWith('\r\n', start) ? start + 2 : start + 1
    const length = Number(/\/Length\s+(\d+)/.exec(dictionary)?.[1] ?? 0)
    found.set(Number(match[1]), {
      dictionary,
      stream: at < 0 ? undefined : unpacked(bytes.subarray(begin, begin + length)),
    })
  }
  return found
}

function unpacked(bytes: Buffer): string | undefined {
  try {
    return inflateSync(bytes).toString('latin1')
  } catch {
    return undefined
  }
}

function glyphsOf(map: string): Map<string, string> {
  const glyphs = new Map<string, string>()
  const put = (glyph: number, hex: string): void => {
    const units = hex.match(/.{4}/g) ?? []
    glyphs.set(
      glyph.toString(16).padStart(4, '0').toUpperCase(),
      String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16))),
    )
  }
  for (const [, list = ''] of map.matchAll(/beginbfchar(.*?)endbfchar/gs))
    for (const [, glyph = '', hex = ''] of list.matchAll(/<(\w+)>\s*<(\w+)>/g)) put(Number.parseInt(glyph, 16), hex)
  for (const [, list = ''] of map.matchAll(/beginbfrange(.*?)endbfrange/gs))
    for (const [, from = '', to = '', hex = ''] of list.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g)) {
      const first = Number.parseInt(from, 16)
      for (let glyph = first; glyph <= Number.parseInt(to, 16); glyph++)
        put(glyph, (Number.parseInt(hex, 16) + glyph - first).toString(16).padStart(4, '0'))
    }
  return glyphs
}

function textOf(stream: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  let font: ReadonlyMap<string, string> | undefined
  let text = ''
  for (const [, name, hex] of stream.matchAll(/\/(\w+)\s+[\d.]+\s+Tf|<([0-9A-Fa-f]+)>/g)) {
    if (name !== undefined) font = fonts.get(name)
    else for (const glyph of (hex ?? '').match(/.{4}/g) ?? []) text += font?.get(glyph.toUpperCase()) ?? ''
  }
  return text
}
