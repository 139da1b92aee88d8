import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { protocol, type Session } from 'electron'
import { appFileTypes, contentSecurityPolicy, resolveAppFile } from './app-file.ts'

/** Must run before the app is ready. A standard scheme has an origin; a secure one gets secure-context APIs. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

export function serveApp(session: Session, root: string): void {
  session.protocol.handle('app', async ({ url, method }) => {
    const headers = {
      'Content-Security-Policy': contentSecurityPolicy,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-cache',
    }
    const file = method === 'GET' ? await resolveAppFile(root, url) : undefined
    if (file === undefined) return new Response('Not found', { status: 404, headers })
    const type = appFileTypes[extname(file)] ?? 'application/octet-stream'
    return new Response(new Uint8Array(await readFile(file)), { headers: { ...headers, 'Content-Type': type } })
  })
}
