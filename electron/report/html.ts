/** Text for an element or a quoted attribute. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Grey and black: it must read the same from a black and white printer. */
export const printStyle = `
body { font: 10pt/1.35 "Source Sans 3", "Segoe UI", "Liberation Sans", sans-serif; color: #1d2023; margin: 12mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
h3 { font-size: 10pt; margin: 3mm 0 0; break-after: avoid; }
table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: 0.2mm solid #b9bcbf; padding: 0.6mm 1.5mm; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
ul { margin: 0; padding-left: 5mm; } li span { color: #5c6166; } .note { color: #5c6166; margin-top: 6mm; }
@page { size: A4; margin: 12mm; } @media print { body { margin: 0; } }`

/** No script, no network: what the page needs is in it. */
export function page(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"><title>${escaped(title)}</title><style>${style}</style></head><body>
${body}
</body></html>
`
}
