import { installFakeHost } from './fake-host.ts'

/** Opened as dev.html?state=abnormal&theme=light#/vibration?point=... while developing; never part of a build. */
const states = ['empty', 'normal', 'busy', 'abnormal', 'stale', 'restarting'] as const
const query = new URLSearchParams(window.location.search)
const wanted = query.get('state') ?? 'abnormal'
installFakeHost(states.find((state) => state === wanted) ?? 'abnormal', query.has('back'))
const theme = query.get('theme')
if (theme !== null) window.localStorage.setItem('millwright.theme', theme)
await import('../app/main.ts')
