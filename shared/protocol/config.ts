import { z } from 'zod'
import type { Fault } from '../domain/fault.ts'
import type { PlantChange } from '../domain/plant-change.ts'
import type { ConfigRevision } from '../domain/config-history.ts'
import {
  templateDecisionSchema,
  templateSiteSchema,
  type Template,
  type TemplateNeed,
  type TemplateProposal,
} from '../domain/template.ts'

/** What changes of the plant file lead to: with a version for every contract they touch, and the faults of the result. */
export interface ConfigPreview {
  changes: PlantChange[]
  faults: Fault[]
}

export interface TemplatesView {
  /** In use in the plant file, and those that come with the product. */
  templates: Template[]
  /** Newer ones than the plant file uses. */
  upgrades: { template: Template; proposals: TemplateProposal[] }[]
}

export interface TemplatePreview extends ConfigPreview {
  /** What the site still has to say; there are no changes before. */
  needs: TemplateNeed[]
}

/** The revisions that changed one entry, newest first. */
export interface ConfigHistory {
  revisions: ConfigRevision[]
  more: boolean
  /** What the twin began with: no revision before it is known. */
  first: Omit<ConfigRevision, 'changes'> | null
}

const id = z.string().min(1).max(256)
const reason = z.string().trim().min(1).max(500)

const changeSchema = z.strictObject({
  kind: z.enum(['added', 'removed', 'changed']),
  section: z.string().min(1).max(64),
  id: id.nullable(),
  field: z.string().max(500),
  before: z.unknown(),
  after: z.unknown(),
})
/** A spreadsheet of 5,000 points may touch a few fields of each. */
const changes = z.array(changeSchema).min(1).max(20_000)

const decisions = z.array(templateDecisionSchema).min(1).max(5000)

/** Edits of the plant by id and field. Each `change` is one revision, and its opposite takes it back. */
export const configParams = {
  'config.preview': z.strictObject({ changes }),
  'config.change': z.strictObject({ changes, reason }),
  /** Who changed an entry (of `points`, `assets` ...) when and why. */
  'config.history': z.strictObject({
    section: z.string().min(1).max(64),
    id: id.nullable(),
    beforeRevision: z.int().nullable(),
    limit: z.int().min(1).max(200),
  }),
  /** Every name by which a bearing may be called. */
  'catalogue.bearings': z.strictObject({}),
  'template.list': z.strictObject({}),
  /** A template file (JSON) as somebody has it; newer than the one in use it brings proposals. */
  'template.offer': z.strictObject({ text: z.string().min(2).max(1_000_000) }),
  'template.previewUpgrade': z.strictObject({ templateId: id, decisions }),
  'template.upgrade': z.strictObject({ templateId: id, decisions, reason }),
  'template.preview': z.strictObject({ templateId: id, site: templateSiteSchema }),
  'template.instantiate': z.strictObject({ templateId: id, site: templateSiteSchema, reason }),
} as const

export interface ConfigResults {
  'config.preview': ConfigPreview
  'config.change': ConfigPreview
  'config.history': ConfigHistory
  'catalogue.bearings': { names: string[] }
  'template.list': TemplatesView
  'template.offer': { templateId: string; version: number; machines: number }
  'template.previewUpgrade': ConfigPreview
  'template.upgrade': ConfigPreview
  'template.preview': TemplatePreview
  'template.instantiate': ConfigPreview
}
