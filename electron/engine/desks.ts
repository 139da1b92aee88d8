import path from 'node:path'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { shippedTemplates } from '../assets/index.ts'
import type { Twin } from '../store/api.ts'
import { AccessDesk } from './access-desk.ts'
import { AuditDesk } from './audit-desk.ts'
import { ConfigDesk, type ConfigDeskParts } from './config-desk.ts'
import { bearingNames, loadBearingCatalogue } from './plant-model.ts'
import { PlantThread } from './plant-thread.ts'
import { resourcePath } from './resources.ts'
import { TemplateStore } from './template-store.ts'
import { PlotDesk } from './plots/plot-desk.ts'
import type { PlotThreadData } from './plots/plot-messages.ts'

/** The desks that must be there before the engine is, since everything it does is somebody's. */
export interface Desks {
  audit: AuditDesk
  access: AccessDesk
  plots: PlotDesk
  /** Reads and edits plant files. */
  texts: PlantThread
  /** The twin refuses entries of the trail; null: no more. Set when there is somebody to tell. */
  told: (problem: string | null) => void
  /** Before the twin is closed. */
  close(): Promise<void>
}

export async function openDesks(twin: Twin, clock: Clock, file: PlotThreadData): Promise<Desks> {
  const audit = new AuditDesk({
    append: (entries) => twin.appendAudit(entries),
    nowUs: () => clock.nowUs(),
    stuck: (message) => desks.told(message),
  })
  const plots = new PlotDesk(file)
  const texts = new PlantThread({ bearings: bearingNames(loadBearingCatalogue()) })
  const desks: Desks = {
    audit,
    access: await AccessDesk.open(twin, audit, clock),
    plots,
    texts,
    told: () => {},
    close: async () => {
      await plots.close()
      await texts.close()
      await audit.close()
    },
  }
  return desks
}

/** What the engine has when it sets up the desk of edits. */
interface ConfigDeskParent {
  readonly options: { readonly dataDir: string; readonly clock: Clock }
  readonly twin: Pick<Twin, 'configHistory' | 'firstConfig'>
  readonly editor: ConfigDeskParts['editor']
  readonly audit: AuditDesk
  readonly model: { readonly plant: PlantFile }
}

/** Templates that were brought along lie in the data folder. */
export function openConfigDesk(engine: ConfigDeskParent): ConfigDesk {
  const { dataDir, clock } = engine.options
  return new ConfigDesk({
    plant: () => engine.model.plant,
    editor: engine.editor,
    templates: new TemplateStore(shippedTemplates(resourcePath('templates')), path.join(dataDir, 'templates')),
    history: (query) => engine.twin.configHistory(query),
    first: () => engine.twin.firstConfig(),
    record: (by, facts) => engine.audit.record(by, facts),
    nowUs: () => clock.nowUs(),
  })
}
