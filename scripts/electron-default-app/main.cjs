'use strict'
// The fallback runtime comes without Electron's default app. This one does what the real one does for
// `electron PATH args...`: it skips switches, takes the name and version of the application found there, and loads it.
const { app, dialog } = require('electron')
const { readFileSync, statSync } = require('node:fs')
const path = require('node:path')

process.defaultApp = true

const args = process.argv.slice(1)
let target
for (let i = 0; i < args.length; i++) {
  if (args[i] === '-r' || args[i] === '--require') require(path.resolve(args[++i]))
  else if (!args[i].startsWith('-')) {
    target = path.resolve(args[i])
    break
  }
}

if (!target) {
  process.stderr.write('Usage: electron [switches] PATH [arguments]\n')
  process.exit(2)
}

try {
  let entry = target
  if (statSync(target).isDirectory()) {
    const manifest = JSON.parse(readFileSync(path.join(target, 'package.json'), 'utf8'))
    app.setName(manifest.productName || manifest.name)
    app.setVersion(manifest.version)
    app.setAppPath(target)
    entry = path.join(target, manifest.main || 'index.js')
  } else {
    app.setAppPath(path.dirname(target))
  }
  require(entry)
} catch (error) {
  process.stderr.write(`${error.stack}\n`)
  if (app.isReady()) dialog.showErrorBox('Application could not be loaded', String(error.message))
  process.exit(1)
}
