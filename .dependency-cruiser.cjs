'use strict'
// Rooms and who may visit whom (house rule: shells wire, modules do, shared describes). scripts/deps.test.ts plants
// illegal imports and proves that each rule below bites. TypeScript 7 cannot be read by dependency-cruiser, so the
// sources are parsed by @swc/core; without it the cruise would "pass" over zero modules, which scripts/deps.mjs refuses.

const modules =
  'opcua|ingest|store|dsp|diagnosis|alerts|models|live|sync|observe|access|programme|assets|audit|files|report'
const test = String.raw`\.test\.tsx?$`
const npm = '^node_modules/'
const testPackages = '^node_modules/(vitest|fast-check|@playwright|@types)/'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolvable',
      comment: 'A path that leads nowhere, or a package that is not in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: String.raw`^(electron|virtual:)|\?(url|raw|worker)$` },
    },
    {
      name: 'shared-runs-anywhere',
      comment: 'shared/ knows no Node, DOM, Electron or room; of packages only the schema library.',
      severity: 'error',
      from: { path: '^shared/', pathNot: test },
      to: { pathNot: '^(shared/|node_modules/zod/)' },
    },
    {
      name: 'shared-tests',
      severity: 'error',
      from: { path: `^shared/.*${test}` },
      to: { path: '^(electron|renderer|e2e)/' },
    },
    {
      name: 'modules-do-not-import-each-other',
      severity: 'error',
      from: { path: `^electron/(${modules})/`, pathNot: test },
      to: { path: '^(electron|renderer|e2e|scripts)/', pathNot: '^electron/$1/' },
    },
    {
      name: 'module-tests',
      comment: 'Tests may use the test kit, and the simulated plant as the real server; still no other module.',
      severity: 'error',
      from: { path: `^electron/(${modules})/.*${test}` },
      to: { path: '^(electron|renderer|e2e|scripts)/', pathNot: '^electron/($1|testkit|plant)/' },
    },
    {
      name: 'pure-rooms',
      comment: 'They replay a recording to the same answer twice: no Node, no package, no clock.',
      severity: 'error',
      from: { path: '^electron/(dsp|diagnosis|alerts|audit)/', pathNot: test },
      to: { pathNot: '^(shared/|electron/(dsp|diagnosis|alerts|audit)/|node_modules/@echogarden/pffft-wasm/)' },
    },
    {
      name: 'fft-behind-dsp',
      severity: 'error',
      from: { pathNot: '^electron/(dsp|testkit)/' },
      to: { path: '^node_modules/@echogarden/pffft-wasm/' },
    },
    {
      name: 'sqlite-behind-store',
      comment: 'Tests may read the file by themselves: an oracle must not go through what it checks.',
      severity: 'error',
      from: { pathNot: `^electron/(store|testkit)/|^e2e/|${test}` },
      to: { path: '^node_modules/better-sqlite3' },
    },
    {
      name: 'node-opcua-behind-opcua-and-plant',
      severity: 'error',
      from: { pathNot: `^electron/(opcua|plant|testkit)/|^e2e/|${test}` },
      to: { path: '^node_modules/node-opcua' },
    },
    {
      name: 'mqtt-behind-sync',
      severity: 'error',
      from: { pathNot: `^electron/(sync|testkit)/|^e2e/|${test}` },
      to: { path: '^node_modules/mqtt/' },
    },
    {
      name: 'parquet-behind-files',
      from: { pathNot: `^electron/files/|${test}` },
      to: { path: '^node_modules/hyparquet' },
    },
    {
      name: 'engine-and-cli-wire-modules',
      comment: 'The engine runs without a window: it never reaches into the shell, the plant or the test kit.',
      severity: 'error',
      from: { path: '^electron/engine/', pathNot: test },
      to: { path: '^(electron/(main|preload|cli|plant|testkit)|renderer|e2e|scripts)/' },
    },
    {
      name: 'cli-has-no-window',
      severity: 'error',
      from: { path: '^electron/cli/', pathNot: test },
      to: { path: '^(electron/(preload|testkit)|renderer|e2e|scripts)/' },
    },
    {
      name: 'plant-stands-alone',
      severity: 'error',
      from: { path: '^electron/plant/', pathNot: test },
      to: { path: '^(electron|renderer|e2e|scripts)/', pathNot: '^electron/plant/' },
    },
    {
      name: 'main-holds-no-logic',
      comment: 'A blocked main freezes every window: no OPC UA, no SQLite, no module.',
      severity: 'error',
      from: { path: '^electron/main/', pathNot: test },
      to: { path: '^(electron|renderer|e2e|scripts)/', pathNot: '^electron/main/' },
    },
    {
      name: 'preload-is-a-bridge',
      severity: 'error',
      from: { path: '^electron/preload/', pathNot: test },
      to: { pathNot: '^(shared/|electron/preload/|electron$|node_modules/electron/)' },
    },
    {
      name: 'electron-in-the-shell-only',
      severity: 'error',
      from: { pathNot: '^(electron/(main|preload)/|e2e/|scripts/electron-default-app/)' },
      to: { path: '^(electron$|node_modules/electron/)' },
    },
    {
      name: 'no-test-kit-in-the-product',
      severity: 'error',
      from: { pathNot: `^electron/testkit/|^shared/testkit/|^e2e/|${test}` },
      to: { path: '^(electron|shared)/testkit/' },
    },
    {
      name: 'no-development-package-in-the-engine',
      comment: 'What the installed product loads must be in dependencies.',
      severity: 'error',
      from: { path: `^electron/(${modules}|engine|cli|plant)/`, pathNot: test },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: testPackages },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^renderer/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-knows-shared-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(electron|e2e|scripts)/' },
    },
    {
      name: 'uplot-behind-charts',
      severity: 'error',
      from: { pathNot: '^renderer/charts/' },
      to: { path: '^node_modules/uplot/' },
    },
    {
      name: 'features-do-not-import-each-other',
      severity: 'error',
      from: { path: '^renderer/features/([^/]+)/' },
      to: { path: '^renderer/features/[^/]+/', pathNot: '^renderer/features/$1/' },
    },
    {
      name: 'only-the-app-assembles-features',
      severity: 'error',
      from: { path: '^renderer/(ui|charts|bridge|stores)/', pathNot: test },
      to: { path: '^renderer/(features|app)/' },
    },
    {
      name: 'only-tests-import-tests',
      severity: 'error',
      from: { pathNot: `${test}|^e2e/` },
      to: { path: `${test}|^e2e/|${npm}(vitest|@playwright)/`, pathNot: '^node_modules/@playwright/test/index' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: String.raw`^(out|dist|coverage|test-results)/|\.d\.[mc]?ts$` },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
    builtInModules: { add: ['electron'] },
  },
}
