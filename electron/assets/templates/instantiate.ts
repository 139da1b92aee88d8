import { zoneLimitsOf } from '../../../shared/domain/iso-10816.ts'
import {
  alertSchema,
  assetSchema,
  pointSchema,
  type AlertDefinition,
  type Asset,
  type Point,
} from '../../../shared/domain/plant-file.ts'
import {
  templateNumberSchema,
  type Template,
  type TemplateNeed,
  type TemplateNumber,
  type TemplateResult,
  type TemplateSite,
} from '../../../shared/domain/template.ts'
import { isRaw, type Raw } from '../raw.ts'

export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly needs: readonly TemplateNeed[]

  constructor(template: Template, needs: readonly TemplateNeed[]) {
    super(`The template "${template.name}" cannot be used yet: ${needs.map(({ message }) => message).join(' ')}`)
    this.needs = needs
  }
}

/** The machine of a site by a template. Throws `TemplateError` with all that is still missing. */
export function instantiate(template: Template, site: TemplateSite): TemplateResult {
  const needs = templateNeeds(template, site)
  if (needs.length > 0) throw new TemplateError(template, needs)
  const filling = new Filling(template, site)
  const points = filling.points()
  return { asset: filling.asset(), points, alerts: filling.alerts() }
}

/** Facts, components and nodes without which the template gives nothing, each in a sentence. */
export function templateNeeds(template: Template, site: TemplateSite): TemplateNeed[] {
  const facts = template.facts.flatMap(({ id, name, unit, range: [low, high] }): TemplateNeed[] => {
    const value = site.facts[id]
    if (value === undefined) return [{ kind: 'fact', id, message: `Say the ${name} in ${unit}.` }]
    if (value >= low && value <= high) return []
    const message = `The ${name} of ${value} ${unit} lies outside ${low} to ${high} ${unit}; check number and unit.`
    return [{ kind: 'fact', id, message }]
  })
  const components = template.components.flatMap(({ id, name, asks, optional }): TemplateNeed[] => {
    const said = site.components[id]
    if (asks === null || (said === undefined && optional) || said?.[asks] !== undefined) return []
    return [{ kind: 'component', id, message: `Say the ${asks} of the ${name}${optional ? ', or leave it out' : ''}.` }]
  })
  const nodes = template.points.flatMap(({ id, name, optional }): TemplateNeed[] => {
    if (optional || site.nodes[id] !== undefined) return []
    return [{ kind: 'node', id, message: `Choose the node of "${name}".` }]
  })
  const needsZone = JSON.stringify(template.alerts).includes('"$zone"')
  const hasClass = machineClassOf(template, site) !== null
  const zone: TemplateNeed[] =
    needsZone && !hasClass
      ? [{ kind: 'zone', id: 'support', message: 'Say the support (rigid or flexible) and the ISO 10816-3 group.' }]
      : []
  return [...facts, ...components, ...nodes, ...zone]
}

function machineClassOf(
  template: Template,
  site: TemplateSite,
): { group: 1 | 2; support: 'rigid' | 'flexible' } | null {
  const parts = assetSchema.pick({ support: true, isoGroup: true }).safeParse({
    support: site.identity.support ?? template.asset['support'],
    isoGroup: site.identity.isoGroup ?? template.asset['isoGroup'],
  })
  const { support, isoGroup: group } = parts.success ? parts.data : {}
  return support !== undefined && group !== undefined ? { group, support } : null
}

class Filling {
  readonly #template: Template
  readonly #site: TemplateSite
  /** Of the template's points, those the site has. */
  readonly #present: ReadonlySet<string>

  constructor(template: Template, site: TemplateSite) {
    this.#template = template
    this.#site = site
    this.#present = new Set(template.points.flatMap(({ id }) => (site.nodes[id] === undefined ? [] : [id])))
  }

  asset(): Asset {
    const { assetId, lineId, name, identity, facts } = this.#site
    const { id, family, asset, components } = this.#template
    const filled = this.#object(asset)
    const machine = {
      ...filled,
      ...identity,
      id: assetId,
      lineId,
      family,
      name,
      templateRef: id,
      templateFacts: { ...facts },
      components: components.flatMap((component) => this.#component(component)),
    }
    return assetSchema.parse({ ...machine, ...this.#runState(filled['runState']) })
  }

  points(): Point[] {
    const { assetId, name: machine, serverId, nodes } = this.#site
    return this.#template.points.flatMap(({ id, name, point }) => {
      if (!this.#present.has(id)) return []
      const filled = this.#object(point)
      for (const key of ['tachoPointId', 'pairPointId'])
        if (typeof filled[key] === 'string' && !this.#hasPoint(filled[key])) delete filled[key]
      const source = { serverId, nodeId: nodes[id] }
      return [pointSchema.parse({ ...filled, id: `${assetId}.${id}`, name: `${machine}, ${name}`, assetId, source })]
    })
  }

  alerts(): AlertDefinition[] {
    const { assetId } = this.#site
    return this.#template.alerts.flatMap(({ id, point, alert }) =>
      this.#present.has(point)
        ? [alertSchema.parse({ ...this.#object(alert), id: `${assetId}.${id}`, pointId: `${assetId}.${point}` })]
        : [],
    )
  }

  #component({ id, kind, name, shaftId, asks, optional }: Template['components'][number]): object[] {
    const said = this.#site.components[id]
    if (optional && said === undefined) return []
    const shaft = shaftId === undefined ? {} : { shaftId }
    return [{ id, kind, name, ...shaft, ...(asks === null ? {} : { [asks]: said?.[asks] }) }]
  }

  /** Without the evidence of points that the site does not have; with less evidence the quorum shrinks. */
  #runState(value: unknown): { runState?: unknown } {
    if (!isRaw(value) || !Array.isArray(value['evidences'])) return {}
    const evidences = value['evidences'].filter(
      (one: unknown) => isRaw(one) && typeof one['pointId'] === 'string' && this.#hasPoint(one['pointId']),
    )
    if (evidences.length === 0) return { runState: undefined }
    return { runState: { evidences, quorum: Math.min(Number(value['quorum'] ?? 1), evidences.length) } }
  }

  #hasPoint(pointId: string): boolean {
    return this.#present.has(pointId.slice(this.#site.assetId.length + 1))
  }

  #object(value: Raw): Raw {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.#value(inner)]))
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string')
      return value.replaceAll('{asset}', this.#site.assetId).replaceAll('{name}', this.#site.name)
    if (Array.isArray(value)) return value.map((inner) => this.#value(inner))
    if (!isRaw(value)) return value
    return '$of' in value || '$zone' in value ? this.#number(templateNumberSchema.parse(value)) : this.#object(value)
  }

  #number(number: TemplateNumber): number {
    if ('$zone' in number) {
      const machine = machineClassOf(this.#template, this.#site)
      if (machine === null) throw new TemplateError(this.#template, templateNeeds(this.#template, this.#site))
      const [ab, bc, cd] = zoneLimitsOf(machine)
      return { 'A/B': ab, 'B/C': bc, 'C/D': cd }[number.$zone]
    }
    const fact = this.#site.facts[number.$of]
    if (fact === undefined)
      throw new Error(`Template ${this.#template.id} takes ${number.$of}, which is none of its facts.`)
    return Number((fact * number.$times).toPrecision(number.$digits))
  }
}
