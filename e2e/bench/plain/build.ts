import fs from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { root } from '../children.ts'

/** Beside `out`, since what the engine reads lies two folders above its entry. */
const outFolder = 'out-plain'
const plain = new Map(
  ['scalars', 'silence'].map((name) => [
    path.join(root, 'electron', 'ingest', `${name}.ts`),
    path.join(root, 'e2e', 'bench', 'plain', `${name}.ts`),
  ]),
)

/**
 * The engine as it is shipped, but for the part that applies contracts to values: a build of its own, so that the product needs no
 * switch that would leave contracts out.
 */
export async function withPlainEngine<T>(body: (out: string) => Promise<T>): Promise<T> {
  const out = path.join(root, outFolder)
  process.env['MILLWRIGHT_OUT'] = outFolder
  try {
    await build({
      root,
      configFile: path.join(root, 'vite.engine.config.ts'),
      plugins: [
        {
          name: 'millwright:no-contracts',
          enforce: 'pre',
          async resolveId(source, importer, options) {
            if (importer === undefined || importer.includes('/e2e/')) return null
            const found = await this.resolve(source, importer, { ...options, skipSelf: true })
            return (found && plain.get(path.normalize(found.id))) ?? null
          },
        },
      ],
    })
    return await body(out)
  } finally {
    delete process.env['MILLWRIGHT_OUT']
    fs.rmSync(out, { recursive: true, force: true })
  }
}
