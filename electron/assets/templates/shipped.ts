import fs from 'node:fs'
import path from 'node:path'
import { templateSchema, type Template } from '../../../shared/domain/template.ts'

/** The templates that come with the product, by family. `folder`: resources/templates. */
export function shippedTemplates(folder: string): Template[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => templateSchema.parse(JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))))
}
