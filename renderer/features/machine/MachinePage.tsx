import type { Asset, PlantFile } from '../../../shared/domain/plant-file.ts'
import type { MachineFrame } from '../../../shared/protocol/views.ts'
import { useFeed } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate } from '../../stores/router.ts'
import { useTopic } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, FreshnessWord, RunStateWord, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { StaleStrip, useFrameStale } from '../../ui/StaleStrip.tsx'
import { AssetFactsPanel } from './AssetFactsPanel.tsx'
import { BaselinePanel } from './BaselinePanel.tsx'
import { DataStatePanel } from './DataStatePanel.tsx'
import { MachineAlerts } from './MachineAlerts.tsx'
import { MachineList } from './MachineList.tsx'
import { Schematic } from './Schematic.tsx'
import { ValuesTable } from './ValuesTable.tsx'
import { asStopped, worstFreshness } from './data-state.ts'
import './machine.css'

export function MachinePage({ route }: { route: Extract<Route, { page: 'machine' }> }) {
  if (route.assetId === undefined) return <MachineList />
  // Another machine is another page: nothing of the last one may linger while the first frame is on its way.
  return <OneMachine key={route.assetId} assetId={route.assetId} />
}

function OneMachine({ assetId }: { assetId: string }) {
  const { frame, failure } = useTopic('machine', { assetId })
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const plantFailure = useFeed((feeds) => feeds.plantFailure)
  const asset = plant?.assets.find((candidate) => candidate.id === assetId)
  const problem = failure ?? (plant === null ? plantFailure : null)
  if (problem) {
    return (
      <Page title={asset?.name ?? assetId}>
        <ErrorPane title={t('machine.failed')} failure={problem} />
      </Page>
    )
  }
  if (plant !== null && asset === undefined) {
    return (
      <Page title={assetId}>
        <Empty title={t('machine.gone', { id: assetId })} next={t('machine.goneNext')}>
          <Button onClick={() => navigate({ page: 'machine' })}>{t('machine.all')}</Button>
        </Empty>
      </Page>
    )
  }
  if (frame === null || plant === null || asset === undefined) {
    return (
      <Page title={asset?.name ?? assetId}>
        <Skeleton rows={10} />
      </Page>
    )
  }
  return <MachineView frame={frame} plant={plant} asset={asset} />
}

/** A minute ago on the whole second: near enough to see that it is the same machine, past enough to be complete. */
function lookBackFrom(nowUs: number): number {
  return Math.floor(nowUs / 1e6 - 60) * 1e6
}

function MachineView({ frame, plant, asset }: { frame: MachineFrame; plant: PlantFile; asset: Asset }) {
  const hasStopped = useFrameStale(frame.atUs)
  const values = hasStopped ? asStopped(frame.values) : frame.values
  const line = plant.lines.find((candidate) => candidate.id === asset.lineId)
  const waveformIds = [...new Set(values.filter((value) => value.kind === 'waveform').map((value) => value.pointId))]
  const points = plant.points.filter((point) => point.assetId === asset.id)
  return (
    <Page
      title={asset.name}
      className="machine"
      subtitle={
        <span className="machine-state">
          <span>{line?.name ?? asset.lineId}</span>
          <RunStateWord state={frame.runState} />
          {frame.rpm !== null && <span>{t('machine.speed', { rpm: Math.round(frame.rpm) })}</span>}
          <FreshnessWord freshness={worstFreshness(values)} />
        </span>
      }
      tools={
        <>
          <Button onClick={() => navigate({ page: 'moment', assetId: asset.id, atUs: lookBackFrom(frame.atUs) })}>
            {t('machine.lookBack')}
          </Button>
          <Button onClick={() => navigate({ page: 'assets', of: `asset:${asset.id}` })}>{t('assets.edit')}</Button>
          {waveformIds.length > 0 && (
            <Button kind="primary" onClick={() => navigate({ page: 'vibration', pointIds: waveformIds.slice(0, 4) })}>
              {t('machine.openVibration')}
            </Button>
          )}
        </>
      }
    >
      <StaleStrip atUs={frame.atUs} />
      <div className="machine-columns">
        <div className="stack">
          {values.length + frame.unruled.length === 0 ? (
            <Panel title={t('machine.values')}>
              <Empty title={t('machine.noPoints')} next={t('machine.noPointsNext')}>
                <Button onClick={() => navigate({ page: 'settings', section: 'browse' })}>
                  {t('machine.mapPoint')}
                </Button>
              </Empty>
            </Panel>
          ) : (
            <>
              <Panel title={t('machine.train')} className="machine-train">
                <Schematic asset={asset} points={points} values={values} runState={frame.runState} />
              </Panel>
              <Panel title={t('machine.values')}>
                <ValuesTable values={values} unruled={frame.unruled} points={points} />
              </Panel>
            </>
          )}
        </div>
        <div className="stack">
          <MachineAlerts assetId={asset.id} />
          <BaselinePanel assetId={asset.id} />
          <DataStatePanel
            values={values}
            runEvidence={frame.runEvidence}
            points={points}
            assetId={asset.id}
            plant={plant}
          />
          <AssetFactsPanel
            asset={asset}
            lineName={line?.name ?? asset.lineId}
            plantName={plant.plant.name}
            missing={frame.missingFacts}
          />
        </div>
      </div>
    </Page>
  )
}
