import type { Actor } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { PlantFile, Point } from '../../shared/domain/plant-file.ts'
import type { Template, TemplateSite } from '../../shared/domain/template.ts'
import type { ConfigPreview, TemplatePreview, TemplatesView } from '../../shared/protocol/config.ts'
import {
  applyChanges,
  instantiate,
  PlantEditError,
  proposeTemplate,
  templateNeeds,
  templatesIn,
  withContractVersions,
} from '../assets/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { PlantEditor } from './config-editor.ts'

export interface ConfigDeskParts {
  plant: () => PlantFile
  editor: Pick<PlantEditor, 'edit' | 'rewrite' | 'text'>
  check: (text: string) => Fault[]
  /** Those that come with the product. */
  templates: () => readonly Template[]
}

/** Whom a server trusts, where data goes and which points may be written are decided elsewhere, with other rights. */
const openSections: ReadonlySet<string> = new Set([
  'plant',
  'lines',
  'assets',
  'points',
  'alerts',
  'sensors',
  'templates',
  'bearings',
  'failureModes',
  'maintenance',
  'captures',
  'routes',
])

/** Edits of the plant by id and field: looked at before, made as one revision, taken back by their opposite. */
export class ConfigDesk {
  readonly #parts: ConfigDeskParts

  constructor(parts: ConfigDeskParts) {
    this.#parts = parts
  }

  /** What the changes would lead to; nothing is written. */
  async preview(changes: readonly PlantChange[], by: Actor, reason: string): Promise<ConfigPreview> {
    const all = this.#complete(changes, by, reason)
    const { check, editor } = this.#parts
    const text = await editor.text()
    return { changes: all, faults: check(orRefuse(() => applyChanges(text, all))) }
  }

  async change(changes: readonly PlantChange[], by: Actor, reason: string): Promise<ConfigPreview> {
    const all = this.#complete(changes, by, reason)
    const faults = await this.#parts.editor.rewrite((text) => orRefuse(() => applyChanges(text, all)), by, reason)
    return { changes: all, faults }
  }

  /** Who may write a point stands in the plant file and is put there by its owner: whoever edits here could give it to himself. */
  addPoints(points: readonly Point[], by: Actor, reason: string): Promise<Fault[]> {
    const writable = points.find(({ write }) => write !== undefined)
    if (writable) {
      const message = `Point ${writable.id} cannot be made writable here: who may write it is set in the plant file itself.`
      throw new RequestError({ code: 'not-here', message, retryable: false })
    }
    return this.#parts.editor.edit([{ list: 'points', values: points }], by, reason)
  }

  templates(): TemplatesView {
    const { own, newer } = this.#templates()
    const plant = this.#parts.plant()
    return {
      templates: own,
      upgrades: newer.map((template) => ({ template, proposals: proposeTemplate(plant, template) })),
    }
  }

  /** The machine a template would give, as changes. */
  async previewTemplate(templateId: string, site: TemplateSite, by: Actor): Promise<TemplatePreview> {
    const template = this.#template(templateId)
    const needs = templateNeeds(template, site)
    if (needs.length > 0) return { needs, changes: [], faults: [] }
    const preview = await this.preview(this.#machine(template, site), by, '')
    return { needs, ...preview }
  }

  instantiate(templateId: string, site: TemplateSite, by: Actor, reason: string): Promise<ConfigPreview> {
    const template = this.#template(templateId)
    const needs = templateNeeds(template, site)
    if (needs.length > 0) {
      const message = needs.map((need) => need.message).join(' ')
      throw new RequestError({ code: 'template-needs', message, retryable: false })
    }
    return this.change(this.#machine(template, site), by, reason)
  }

  #machine(template: Template, site: TemplateSite): PlantChange[] {
    const { asset, points, alerts } = instantiate(template, site)
    const added = (section: string, entry: { id: string }): PlantChange => ({
      kind: 'added',
      section,
      id: entry.id,
      field: '',
      before: undefined,
      after: entry,
    })
    const isKnown = templatesIn(this.#parts.plant()).some(({ id }) => id === template.id)
    return [
      ...(isKnown ? [] : [added('templates', template)]),
      added('assets', asset),
      ...points.map((point) => added('points', point)),
      ...alerts.map((alert) => added('alerts', alert)),
    ]
  }

  #template(templateId: string): Template {
    const found = this.#templates().own.find(({ id }) => id === templateId)
    if (found) return found
    const message = `There is no template "${templateId}" any more; choose another one.`
    throw new RequestError({ code: 'not-found', message, retryable: false })
  }

  /** The plant's own version of a template is the one in use until its machines have been taken to the newer one. */
  #templates(): { own: Template[]; newer: Template[] } {
    const used = new Map(templatesIn(this.#parts.plant()).map((template) => [template.id, template]))
    const shipped = this.#parts.templates()
    return {
      own: [...used.values(), ...shipped.filter(({ id }) => !used.has(id))],
      newer: shipped.filter(({ id, version }) => version > (used.get(id)?.version ?? version)),
    }
  }

  #complete(changes: readonly PlantChange[], by: Actor, reason: string): PlantChange[] {
    const closed = changes.find((change) => !openSections.has(change.section) || givesWriteRight(change))
    if (closed) {
      const message = `${[closed.section, closed.field].join(' ').trim()} cannot be changed here: it decides about trust, about data that leaves the plant or about writing to it.`
      throw new RequestError({ code: 'not-here', message, retryable: false })
    }
    return withContractVersions(this.#parts.plant(), changes, { author: by.name, reason })
  }
}

function givesWriteRight({ section, field, after }: PlantChange): boolean {
  if (section !== 'points') return false
  return /^write(\.|$)/.test(field) || (field === '' && typeof after === 'object' && after !== null && 'write' in after)
}

function orRefuse<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof PlantEditError)) throw cause
    throw new RequestError({ code: 'changed-meanwhile', message: cause.message, retryable: true }, { cause })
  }
}
