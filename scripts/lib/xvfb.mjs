import { spawn } from 'node:child_process'
import { which } from './debian.mjs'
import { SetupError } from './say.mjs'

export const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY)

/**
 * Starts an X server without a screen on a display of its own choosing (-displayfd avoids the race that picking a free
 * number and hoping has) and without listening on TCP.
 */
export function startXvfb({ width = 1600, height = 1000, oneClient = false } = {}) {
  const executable = which('Xvfb')
  if (!executable) throw new SetupError('Xvfb is missing. Run: npm run setup')
  // -terminate ends it with its last client, so that a killed `npm start` leaves no X server behind.
  const ending = oneClient ? '-terminate' : '-noreset'
  const child = spawn(
    executable,
    ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-dpi', '96', ending],
    // In its own group, or Ctrl-C would take the display away before the application has stopped cleanly.
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  )
  const stop = () => {
    child.kill('SIGTERM')
  }
  process.once('exit', stop)
  return new Promise((resolve, reject) => {
    let errors = ''
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.on('error', reject)
    child.on('exit', (code) => reject(new SetupError(`Xvfb ended with ${code}: ${errors.trim()}`)))
    let text = ''
    child.stdio[3].on('data', (chunk) => {
      text += chunk
      if (!text.includes('\n')) return
      const display = `:${text.trim()}`
      resolve({
        display,
        pid: child.pid,
        env: { ...process.env, DISPLAY: display, WAYLAND_DISPLAY: '', XDG_SESSION_TYPE: 'x11' },
        stop: () => {
          process.off('exit', stop)
          child.removeAllListeners('exit')
          stop()
        },
      })
    })
  })
}
