import type { IntakeSink } from '../../shared/domain/intake.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { createOpcuaConnection, type OpcuaConnection, type PkiStore, type ReverseCalls } from '../opcua/index.ts'
import { pointsOf } from './link-pool.ts'
import type { PlantModel } from './plant-model.ts'
import type { SecretStore } from './secrets.ts'

interface ConnectingEngine {
  readonly options: { readonly clock: Clock }
  readonly pki: PkiStore
  readonly secrets: SecretStore
  readonly twin: { readonly installation: string }
  readonly reverseCalls: ReverseCalls
}

export function connectServer(
  engine: ConnectingEngine,
  server: PlantServer,
  model: PlantModel,
  sink: IntakeSink,
): OpcuaConnection {
  const { options, pki, secrets, twin, reverseCalls } = engine
  return createOpcuaConnection({
    server,
    points: pointsOf(server.id, model),
    pki,
    secrets: (ref) => Promise.resolve(secrets.get(ref)),
    clock: options.clock,
    sink,
    applicationUri: `urn:millwright:${twin.installation}`,
    reverseCalls,
    exceptions: model.plant.exceptions ?? [],
  })
}
