/** A plot that cannot be made of this waveform; the message says why and what would help. */
export class PlotRefusal extends Error {
  override readonly name = 'PlotRefusal'
}
