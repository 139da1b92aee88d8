import type { Actor } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { PlantFile, Point } from '../../shared/domain/plant-file.ts'
import type { AuditFacts } from '../../shared/domain/audit-trail.ts'
import type { ConfigQuery, ConfigRevision } from '../../shared/domain/config-history.ts'
import type { Template, TemplateDecision, TemplateSite } from '../../shared/domain/template.ts'
import type { ConfigHistory, ConfigPreview, TemplatePreview, TemplatesView } from '../../shared/protocol/config.ts'
import {
  instantiate,
  PlantEditError,
  proposeTemplate,
  TemplateError,
  templateNeeds,
  templatesIn,
  upgradeChanges,
  withContractVersions,
} from '../assets/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { PlantEditor } from './config-editor.ts'
import { readTemplate, type TemplateStore } from './template-store.ts'
import { givesWriteRight } from './write-rights.ts'

export interface ConfigDeskParts {
  plant: () => PlantFile
  editor: Pick<PlantEditor, 'edit' | 'rewrite' | 'preview'>
  templates: Pick<TemplateStore, 'list' | 'put'>
  history: (query: ConfigQuery) => Promise<ConfigRevision[]>
  first: () => Promise<ConfigHistory['first']>
  record: (by: Actor, facts: AuditFacts) => Promise<void>
  nowUs: () => number
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
  'bundles',
  'failureModes',
  'retired',
  'maintenance',
  'captures',
  'routes',
])

/** In the place of a reason that is still to come; never written. */
const notSaid = '(not said yet)'

/** Edits of the plant by id and field: looked at before, made as one revision, taken back by their opposite. */
export class ConfigDesk {
  readonly #parts: ConfigDeskParts

  constructor(parts: ConfigDeskParts) {
    this.#parts = parts
  }

  /** What the changes would lead to; nothing is written. */
  async preview(changes: readonly PlantChange[], by: Actor, reason: string): Promise<ConfigPreview> {
    // Nobody has said why yet: that is asked with the look, and is no fault of what is looked at.
    const all = this.#complete(changes, by, reason || notSaid)
    const faults = await this.#orSayWho(() => this.#parts.editor.preview({ changes: all }))
    return { changes: all.filter(({ after }) => after !== notSaid), faults: [...faults] }
  }

  async change(changes: readonly PlantChange[], by: Actor, reason: string): Promise<ConfigPreview> {
    const all = this.#complete(changes, by, reason)
    const write = (): Promise<Fault[]> => this.#parts.editor.rewrite({ changes: all }, by, reason)
    return { changes: all, faults: await this.#orSayWho(write) }
  }

  /** Who changed one entry, when and why. */
  async history(query: ConfigQuery): Promise<ConfigHistory> {
    const found = await this.#parts.history({ ...query, limit: query.limit + 1 })
    const revisions = found.slice(0, query.limit)
    return { revisions, more: found.length > query.limit, first: await this.#parts.first() }
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

  /** A template somebody brings along: it is offered for new machines, and proposes what it changes on those there are. */
  async offerTemplate(text: string, by: Actor): Promise<{ templateId: string; version: number; machines: number }> {
    const { template, fault } = readTemplate(text)
    if (template === null) throw new RequestError({ code: 'bad-template', message: fault, retryable: false })
    const used = templatesIn(this.#parts.plant()).find(({ id }) => id === template.id)
    if ((used && used.version >= template.version) || !(await this.#parts.templates.put(template))) {
      const message = `The template "${template.name}" is here already in version ${template.version} or a newer one; nothing changed.`
      throw new RequestError({ code: 'not-newer', message, retryable: false })
    }
    await this.#parts.record(by, {
      action: 'template.offer',
      subject: template.id,
      after: { version: template.version, name: template.name },
    })
    const machines = this.#parts.plant().assets.filter(({ templateRef }) => templateRef === template.id).length
    return { templateId: template.id, version: template.version, machines: used ? machines : 0 }
  }

  async previewUpgrade(templateId: string, decisions: readonly TemplateDecision[], by: Actor): Promise<ConfigPreview> {
    return await this.preview(this.#upgrade(templateId, decisions, by, 'preview'), by, 'preview')
  }

  async upgrade(
    templateId: string,
    decisions: readonly TemplateDecision[],
    by: Actor,
    reason: string,
  ): Promise<ConfigPreview> {
    return await this.change(this.#upgrade(templateId, decisions, by, reason), by, reason)
  }

  #upgrade(templateId: string, decisions: readonly TemplateDecision[], by: Actor, reason: string): PlantChange[] {
    const plant = this.#parts.plant()
    const next = this.#templates().newer.find(({ id }) => id === templateId)
    const words = { by: by.name, on: this.#today(), reason }
    const changes = next && answered(() => upgradeChanges(plant, next, decisions, words))
    if (changes && changes.length > 0) return changes
    const message = 'Somebody has decided about this template meanwhile; look at the list again.'
    throw new RequestError({ code: 'changed-meanwhile', message, retryable: false })
  }

  /** The calendar day in the plant's zone. */
  #today(): string {
    const { timeZone } = this.#parts.plant().plant
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(this.#parts.nowUs() / 1000)
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
    const shipped = this.#parts.templates.list()
    return {
      own: [...used.values(), ...shipped.filter(({ id }) => !used.has(id))],
      newer: shipped.filter(({ id, version }) => version > (used.get(id)?.version ?? version)),
    }
  }

  /** Where somebody else was quicker: who, when and why, as far as the twin knows. */
  async #orSayWho<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof PlantEditError)) throw cause
      const last = cause.change && (await this.#lastOf(cause.change))
      const who = last
        ? `${last.author} changed ${inWords(cause.change?.field ?? '')} at ${this.#time(last.atUs)}: "${last.reason}".`
        : 'The file itself was edited; it is read again within a few seconds.'
      const remedy = `${who} Nothing of your edit is lost: compare it with what stands there now, then save it again.`
      throw new RequestError({ code: 'changed-meanwhile', message: cause.message, remedy, retryable: true }, { cause })
    }
  }

  async #lastOf({ section, id, field }: PlantChange): Promise<ConfigRevision | undefined> {
    const revisions = await this.#parts.history({ section, id, beforeRevision: null, limit: 20 })
    const touches = (other: string): boolean =>
      other === field || field === '' || other === '' || other.startsWith(`${field}.`) || field.startsWith(`${other}.`)
    return revisions.find(({ changes }) => changes.some((change) => touches(change.field)))
  }

  #time(atUs: number): string {
    const { timeZone } = this.#parts.plant().plant
    const options = { timeZone, dateStyle: 'short', timeStyle: 'short' } as const
    return `${new Intl.DateTimeFormat('sv-SE', options).format(atUs / 1000)} (${timeZone})`
  }

  #complete(changes: readonly PlantChange[], by: Actor, reason: string): PlantChange[] {
    const closed = changes.find(
      (change) => !openSections.has(change.section) || givesWriteRight(this.#parts.plant(), change),
    )
    if (closed) {
      const message = `${[closed.section, closed.field].join(' ').trim()} cannot be changed here: it decides about trust, about data that leaves the plant or about writing to it.`
      throw new RequestError({ code: 'not-here', message, retryable: false })
    }
    return withContractVersions(this.#parts.plant(), changes, { author: by.name, reason })
  }
}

function answered<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof TemplateError)) throw cause
    throw new RequestError({ code: 'template-needs', message: cause.message, retryable: false }, { cause })
  }
}

function inWords(field: string): string {
  return field === '' ? 'it' : `its ${field}`
}
