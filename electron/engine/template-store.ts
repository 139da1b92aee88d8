import fs from 'node:fs'
import path from 'node:path'
import { templateSchema, type Template } from '../../shared/domain/template.ts'

/**
 * The templates on offer: those that come with the product, and newer or other ones that somebody has put in. The latter lie
 * in the data folder, a file each; of one id the newest version counts.
 */
export class TemplateStore {
  readonly #folder: string
  readonly #byId: Map<string, Template>

  constructor(shipped: readonly Template[], folder: string) {
    this.#folder = folder
    this.#byId = new Map(shipped.map((template) => [template.id, template]))
    for (const template of stored(folder)) this.#hold(template)
  }

  list(): Template[] {
    return [...this.#byId.values()]
  }

  /** False: there is one of this version or a newer one already. */
  async put(template: Template): Promise<boolean> {
    if (this.#isKnown(template)) return false
    await fs.promises.mkdir(this.#folder, { recursive: true })
    const file = path.join(this.#folder, `${template.id}.json`)
    // By promise: the permission model refuses fsync by file descriptor.
    await fs.promises.writeFile(file, `${JSON.stringify(template, null, 2)}\n`, { flush: true })
    this.#hold(template)
    return true
  }

  #isKnown({ id, version }: Template): boolean {
    return (this.#byId.get(id)?.version ?? 0) >= version
  }

  #hold(template: Template): void {
    if (!this.#isKnown(template)) this.#byId.set(template.id, template)
  }
}

/** What cannot be read is left alone: it was checked when it was put in, so somebody else has been at it. */
function stored(folder: string): Template[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readTemplate(fs.readFileSync(path.join(folder, name), 'utf8')).template ?? [])
}

/** The template of a text, or what is wrong with it in one sentence. */
export function readTemplate(text: string): { template: Template; fault: null } | { template: null; fault: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { template: null, fault: `This file is no JSON: ${why}. Choose a template file as it was exported.` }
  }
  const parsed = templateSchema.safeParse(value)
  if (parsed.success) return { template: parsed.data, fault: null }
  const [issue] = parsed.error.issues
  const place = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.')
  return {
    template: null,
    fault: `This is no millwright/template@1: ${place} ${issue?.message ?? 'is not as it has to be'}. Choose another file, or mend it there.`,
  }
}
