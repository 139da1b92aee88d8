import type { BundleSite } from '../../shared/domain/bundle.ts'
import type { BundleFacts, BundlePreview } from '../../shared/protocol/bundle.ts'
import {
  BundleError,
  importBundle,
  openBundle,
  readable,
  type BundleImport,
  type OpenedBundle,
} from '../assets/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { Engine } from './engine.ts'
import type { Methods } from './method-types.ts'

/** A signed bundle looked at and taken over in the window; the same rules as `millwright bundle import`. */
export const bundleMethods: Pick<Methods, 'bundle.open' | 'bundle.preview' | 'bundle.import'> = {
  'bundle.open': (_engine, { text }) => Promise.resolve(factsOf(opened(text))),
  'bundle.preview': async (engine, { text, site }, _user, { by }): Promise<BundlePreview> => {
    const { needs, changes, overwrites, contracts } = imported(engine, opened(text), site)
    const isReady = needs.length === 0 && changes.length > 0
    const { faults } = isReady ? await engine.config.preview(changes, by, '') : { faults: [] }
    return { needs: [...needs], changes: [...changes], overwrites: overwrites.length, contracts, faults }
  },
  'bundle.import': async (engine, { text, site, signer, replace, reason }, _user, { by }) => {
    const bundle = opened(text)
    if (signer !== bundle.signer)
      throw refusal(
        'untrusted-signer',
        `Nobody has compared the fingerprint of who signed it (${readable(bundle.signer)}).`,
      )
    const { needs, changes, overwrites } = imported(engine, bundle, site)
    const [need] = needs
    if (need) throw refusal('site-missing', need.message)
    if (overwrites.length > 0 && !replace)
      throw refusal('overwrites', `It would put ${overwrites.length} things in the place of what the plant has.`)
    if (changes.length === 0) return { changes: [], faults: [] }
    return await engine.config.change(changes, by, reason)
  },
}

function imported(engine: Engine, { bundle, signer }: OpenedBundle, site: BundleSite): BundleImport {
  const on = new Date(engine.options.clock.nowUs() / 1000).toISOString().slice(0, 10)
  return importBundle(bundle, site, engine.model.plant, { signer, on })
}

function opened(text: string): OpenedBundle {
  try {
    return openBundle(text, 'The file')
  } catch (error) {
    if (error instanceof BundleError) throw refusal(error.code, error.message, error)
    throw error
  }
}

function refusal(code: string, message: string, cause?: unknown): RequestError {
  return new RequestError({ code, message, retryable: false }, { cause })
}

function factsOf({ bundle, signer }: OpenedBundle): BundleFacts {
  const { name, from, madeAt, hash, content } = bundle
  return {
    name,
    plantName: from.plantName,
    madeAt,
    hash,
    signer,
    spoken: readable(signer),
    machines: content.machines.map(({ id, asset, points, alerts }) => ({
      id,
      family: typeof asset['family'] === 'string' ? asset['family'] : 'other',
      model: [asset['manufacturer'], asset['model']].filter((each) => typeof each === 'string').join(' ') || null,
      alerts: alerts.length,
      points: points.map(({ id: point, point: body }) => ({
        id: point,
        name: typeof body['name'] === 'string' ? body['name'].replace(/^\{name\}[\s,:;-]*/, '') : point,
      })),
    })),
    templates: content.templates.length,
    failureModes: content.failureModes.length,
    bearings: content.bearings.length,
  }
}
