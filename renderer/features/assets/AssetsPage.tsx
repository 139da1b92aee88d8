import { useEffect, useMemo, useRef, useState } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { MethodResult } from '../../../shared/protocol/methods.ts'
import { browser } from '../../bridge/browser.ts'
import { useFeed } from '../../stores/feeds.ts'
import type { Route } from '../../stores/route.ts'
import { navigate } from '../../stores/router.ts'
import { Button, Empty, ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { Page } from '../../ui/Page.tsx'
import { AssetEditor } from './AssetEditor.tsx'
import { rebaseDrafts, useEditedKeys } from './draft-store.ts'
import { LineEditor, PlantEditor } from './PlaceEditors.tsx'
import { PointEditor } from './PointEditor.tsx'
import { RetiredPane } from './RetireDialog.tsx'
import { plantKey, structureOf, type Structure } from './structure.ts'
import { StructureTree } from './StructureTree.tsx'
import './assets.css'

/** The plant as it is written down: its tree, and an editor for whatever the tree points at. */
export function AssetsPage({ route }: { route: Extract<Route, { page: 'assets' }> }) {
  const view = useFeed((feeds) => feeds.plant)
  const failure = useFeed((feeds) => feeds.plantFailure)
  if (view === null)
    return (
      <Page title={t('assets.title')}>
        {failure ? <ErrorPane title={t('assets.failed')} failure={failure} /> : <Skeleton rows={10} />}
      </Page>
    )
  return <Structured view={view} of={route.of ?? plantKey} tab={route.tab ?? ''} />
}

interface StructuredProps {
  view: MethodResult<'plant.get'>
  of: string
  tab: string
}

function Structured({ view, of, tab }: StructuredProps) {
  const { plant } = view
  useEffect(() => rebaseDrafts(plant), [plant])
  const drafts = useMemo(() => new Map(view.drafts.map(({ assetId, missing }) => [assetId, missing])), [view])
  const structure = useMemo(() => structureOf(plant, drafts), [plant, drafts])
  const editedDrafts = useEditedKeys()
  const edited = useMemo(() => new Set([...editedDrafts].map(nodeOfDraft)), [editedDrafts])
  const pane = useRef<HTMLElement | null>(null)
  useEffect(
    () =>
      browser.onKeyDown((event) => {
        if (!event.ctrlKey || event.key.toLowerCase() !== 's') return
        event.preventDefault()
        pane.current?.querySelector<HTMLButtonElement>('[data-review]')?.click()
      }),
    [],
  )
  return (
    <Page
      title={t('assets.title')}
      layout="fixed"
      subtitle={t('assets.subtitle', {
        machines: structure.machines,
        points: structure.points,
        drafts: structure.drafts,
      })}
      tools={
        <>
          <Button onClick={() => navigate({ page: 'templates' })}>{t('assets.templates.open')}</Button>
          <Button onClick={() => navigate({ page: 'new-machine' })}>{t('newMachine.open')}</Button>
        </>
      }
    >
      <div className="assets">
        <StructureTree
          structure={structure}
          chosen={of}
          edited={edited}
          onChoose={(key) => {
            navigate(
              { page: 'assets', of: key, ...(isSameKind(key, of) && tab !== '' ? { tab } : {}) },
              { replace: true },
            )
          }}
          onEnter={() => focusEditor(pane.current)}
        />
        <section className="editor" ref={pane} aria-label={t('assets.editor')}>
          <Editor key={of} plant={plant} structure={structure} drafts={drafts} of={of} tab={tab} />
        </section>
      </div>
    </Page>
  )
}

function isSameKind(a: string, b: string): boolean {
  return a.split(':')[0] === b.split(':')[0]
}

/** `assets/pump-101` of the drafts is `asset:pump-101` of the tree. */
function nodeOfDraft(key: string): string {
  const [section = '', ...rest] = key.split('/')
  const id = rest.join('/')
  if (section === 'plant') return plantKey
  return `${section.replace(/s$/, '')}:${id}`
}

/** From the tree into the form: to the tab that is open. */
function focusEditor(pane: HTMLElement | null): void {
  const tab = pane?.querySelector<HTMLElement>('[role="tab"][data-state="active"]')
  const first = tab ?? pane?.querySelector<HTMLElement>('input, select, button:not(:disabled)')
  first?.focus()
}

interface EditorProps {
  plant: PlantFile
  structure: Structure
  drafts: ReadonlyMap<string, readonly string[]>
  of: string
  tab: string
}

function Editor({ plant, structure, drafts, of, tab: wanted }: EditorProps) {
  const [tab, setTab] = useState(wanted)
  const node = structure.nodes.get(of)
  const show = (next: string): void => {
    setTab(next)
    navigate({ page: 'assets', of, tab: next }, { replace: true })
  }
  const gone = <Empty title={t('assets.gone', { id: of })} next={t('assets.goneNext')} />
  if (!node) return gone
  switch (node.kind) {
    case 'plant':
      return <PlantEditor plant={plant} />
    case 'line': {
      const line = plant.lines.find(({ id }) => id === node.id)
      return line ? <LineEditor plant={plant} line={line} /> : gone
    }
    case 'asset':
    case 'component': {
      const assetId = node.kind === 'asset' ? node.id : of.slice('component:'.length, -node.id.length - 1)
      const asset = plant.assets.find(({ id }) => id === assetId)
      const component = node.kind === 'component' ? node.id : null
      if (!asset) return gone
      const missing = drafts.get(assetId) ?? []
      const at = component !== null && tab === '' ? 'parts' : tab
      return <AssetEditor plant={plant} asset={asset} missing={missing} tab={at} onTab={show} component={component} />
    }
    case 'point': {
      const point = plant.points.find(({ id }) => id === node.id)
      return point ? <PointEditor plant={plant} point={point} tab={tab} onTab={show} /> : gone
    }
    case 'left':
      return <Empty title={t('assets.left')} next={t('assets.leftNext')} />
    case 'retired': {
      const retired = plant.retired?.find(({ id }) => id === node.id)
      return retired ? <RetiredPane retired={retired} /> : gone
    }
  }
}
