import { realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

export const appOrigin = 'app://millwright'
export const appUrl = `${appOrigin}/index.html`

/** No inline script or style, no eval, no frame, no address but our own. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const appFileTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
}

/**
 * The file an address names inside `root`, or undefined when it names anything else. Chromium resolves `..` and
 * `%2e%2e` itself, but `..%2f`, backslashes and symbolic links reach this function.
 */
export async function resolveAppFile(root: string, address: string): Promise<string | undefined> {
  let path: string
  try {
    const url = new URL(address)
    if (`${url.protocol}//${url.host}` !== appOrigin) return undefined
    path = decodeURIComponent(url.pathname)
  } catch {
    return undefined
  }
  const parts = path.split('/').filter((part) => part !== '')
  const foul = parts.some((part) => part.startsWith('.') || /[\\:\0]/.test(part))
  if (foul || parts.length === 0 || appFileTypes[extname(path)] === undefined) return undefined
  try {
    const base = await realpath(root)
    const file = await realpath(join(base, ...parts))
    return file.startsWith(base + sep) ? file : undefined
  } catch {
    return undefined
  }
}
