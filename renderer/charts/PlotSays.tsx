/** Where a plot says that it is stale, frozen, waiting or failed; filled by `say` outside React. */
export function PlotSays() {
  return (
    <div className="plot-says hatched" data-part="says" role="status" hidden>
      <strong className="plot-words" />
    </div>
  )
}
