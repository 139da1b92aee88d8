import { defineConfig } from 'vitest/config'

// Unit, contract, property and fault tests. End-to-end tests live in e2e/ and run under Playwright.
export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,scripts}/**/*.test.{ts,tsx}'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: 'UTC' },
  },
})
