// Runs in the page and answers a list of sentences, one a fault. Plain script text: it knows the DOM, the tests do not.
;(() => {
  const faults = []
  const slack = 2
  const say = (element, what) => {
    const words = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 60)
    faults.push(`${what}: <${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${words}`)
  }
  const isHidden = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (style.display === 'none' || style.visibility === 'hidden') return true
      if (at.classList.contains('visually-hidden')) return true
    }
    return false
  }
  const scrolls = (value) => value === 'auto' || value === 'scroll'
  const clips = (value) => value === 'hidden' || value === 'clip'

  const root = document.documentElement
  if (root.scrollWidth > innerWidth + 1) faults.push(`the page scrolls sideways: ${root.scrollWidth} of ${innerWidth}`)
  const main = document.querySelector('main')
  if (main && main.scrollWidth > main.clientWidth + 1)
    faults.push(`the page region scrolls sideways: ${main.scrollWidth} of ${main.clientWidth}`)

  // Text that is cut off without saying so, by the window or by a box around it.
  const checkText = (node) => {
    const element = node.parentElement
    if (!element || node.data.trim() === '' || isHidden(element) || element.closest('svg')) return
    const range = document.createRange()
    range.selectNodeContents(node)
    const box = range.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) return
    let isScrolledX = false
    let isScrolledY = false
    let isToldX = false
    let isToldY = false
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      isToldX ||= style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
      isToldY ||= style.webkitLineClamp !== 'none'
      const around = at.getBoundingClientRect()
      if (scrolls(style.overflowX)) isScrolledX = true
      if (scrolls(style.overflowY)) isScrolledY = true
      const cutX = clips(style.overflowX) && (box.right > around.right + slack || box.left < around.left - slack)
      if (cutX && !isScrolledX && !isToldX) return say(element, 'text cut at the side')
      const cutY = clips(style.overflowY) && box.top < around.bottom && box.bottom > around.bottom + slack + 2
      if (cutY && !isScrolledY && !isToldY) return say(element, 'text cut at the bottom')
      if (style.position === 'fixed') break
    }
    if (!isScrolledX && !isToldX && (box.right > innerWidth + slack || box.left < -slack))
      say(element, 'text outside the window')
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) checkText(walker.currentNode)

  // A line clamp that is squeezed by its parent shows half a line.
  for (const element of document.querySelectorAll('main *')) {
    const style = getComputedStyle(element)
    if (style.webkitLineClamp === 'none' || isHidden(element)) continue
    const lines = element.clientHeight / Number.parseFloat(style.lineHeight)
    if (Number.isFinite(lines) && Math.abs(lines - Math.round(lines)) > 0.15) say(element, 'half a line is shown')
  }

  // Names: what a screen reader would say.
  const nameOf = (element) => {
    const labelled = (element.getAttribute('aria-labelledby') ?? '')
      .split(' ')
      .map((id) => (id === '' ? '' : (document.getElementById(id)?.textContent ?? '')))
      .join(' ')
    const labels = [...(element.labels ?? [])].map((label) => label.textContent ?? '').join(' ')
    const own = element.matches('button, [role="button"], [role="tab"], a') ? (element.textContent ?? '') : ''
    return `${element.getAttribute('aria-label') ?? ''}${labelled}${labels}${own}${element.getAttribute('title') ?? ''}`
  }
  const controls = 'button, input, select, textarea, a[href], [role="button"], [role="tab"], [role="switch"], dialog'
  for (const element of document.querySelectorAll(controls)) {
    if (!isHidden(element) && nameOf(element).trim() === '') say(element, 'no name')
  }
  for (const element of document.querySelectorAll(
    'img, [role="img"], [role="grid"], [role="tree"], [role="listbox"]',
  )) {
    const alternative = `${element.getAttribute('aria-label') ?? ''}${element.getAttribute('aria-labelledby') ?? ''}${element.getAttribute('alt') ?? ''}`
    if (!isHidden(element) && !element.closest('[aria-hidden="true"]') && alternative === '')
      say(element, 'no text alternative')
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id)
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) faults.push(`id used twice: ${id}`)
  for (const element of document.querySelectorAll('[aria-describedby], [aria-controls]')) {
    for (const id of (element.getAttribute('aria-describedby') ?? '').split(' '))
      if (id !== '' && !document.getElementById(id)) say(element, `described by an absent ${id}`)
  }
  if (document.querySelectorAll('main h1').length > 1) faults.push('more than one h1 on the page')

  // Contrast (WCAG 2.2, 1.4.3: 4.5 to 1, large or bold-large text 3 to 1), where the background is one colour.
  const channel = (value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number)
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (style.backgroundImage !== 'none') return null
      const colour = parse(style.backgroundColor)
      if (colour.length === 3 || colour[3] === 1) return colour
      if (colour[3] > 0) return null
    }
    return parse(getComputedStyle(document.body).backgroundColor)
  }
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
    if (!hasText || isHidden(element) || element.closest('svg, :disabled, [aria-disabled="true"], option')) continue
    const box = element.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) continue
    const background = behind(element)
    if (!background) continue
    const style = getComputedStyle(element)
    let opacity = 1
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity)
    // Shown on focus or hover only.
    if (opacity === 0) continue
    const front = parse(style.color)
      .slice(0, 3)
      .map((value, index) => value * opacity + background[index] * (1 - opacity))
    const [high, low] = [luminance(front), luminance(background)].sort((a, b) => b - a)
    const ratio = (high + 0.05) / (low + 0.05)
    const size = Number.parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600)
    if (ratio < (isLarge ? 3 : 4.5) - 0.05) say(element, `contrast ${ratio.toFixed(2)}`)
  }
  return [...new Set(faults)]
})()
