// Shows the live figures of an application. The server sends one event for each
// second, or for a few; this page keeps three minutes of them, and nothing else.
'use strict'

const $ = (id) => document.getElementById(id)
const span = 180 // seconds that are kept
const app = location.pathname.split('/')[3]
$('app').textContent = app

let token = sessionStorage.getItem('live') ?? '' // "" is the cookie's session
let last = '' // id of the last event
let pause = 2000 // before the next try, in milliseconds
const kept = [] // events
let names = {} // of error codes

function state(kind, text) {
  $('state').dataset.state = kind
  $('state').textContent = text
}

const tidy = new Intl.NumberFormat('en', {maximumFractionDigits: 1, notation: 'compact'})
const size = (n) => n < 1000 ? `${tidy.format(n)} B` : n < 1e6 ? `${tidy.format(n / 1e3)} kB` : `${tidy.format(n / 1e6)} MB`

// add adds up what the events of the last seconds say.
function add(seconds) {
  const since = Date.parse(kept.at(-1).at) - seconds * 1000
  const sum = {connects: 0, disconnects: 0, errors: new Map(), topics: new Map()}
  for (const e of kept) {
    if (Date.parse(e.at) <= since) continue
    sum.connects += e.connects
    sum.disconnects += e.disconnects
    for (const [code, n] of Object.entries(e.errors)) sum.errors.set(code, (sum.errors.get(code) ?? 0) + n)
    for (const t of e.topics) {
      const s = sum.topics.get(t.topic) ?? {messages: 0, deliveries: 0, bytes: 0, largest: 0, subscribers: 0}
      for (const k of ['messages', 'deliveries', 'bytes']) s[k] += t[k]
      s.largest = Math.max(s.largest, t.largest)
      s.subscribers = t.subscribers
      sum.topics.set(t.topic, s)
    }
  }
  return sum
}

function rows(body, all) {
  body.replaceChildren(...all.map((cells) => {
    const tr = document.createElement('tr')
    for (const text of cells) tr.insertCell().textContent = text
    return tr
  }))
}

function draw() {
  const end = Date.parse(kept.at(-1).at)
  const most = Math.max(1, ...kept.map((e) => Math.max(e.messages, e.deliveries) / e.seconds))
  for (const what of ['messages', 'deliveries']) {
    $(`l-${what}`).setAttribute('points', kept.map((e) => {
      const x = 900 * (1 - (end - Date.parse(e.at)) / 1000 / span)
      return `${x.toFixed(1)},${(176 - 170 * e[what] / e.seconds / most).toFixed(1)}`
    }).join(' '))
  }
  $('scale').textContent = `top: ${tidy.format(most)} a second`
}

function show(e) {
  kept.push(e)
  while (Date.parse(e.at) - Date.parse(kept[0].at) > span * 1000) kept.shift()
  const minute = add(60)
  for (const what of ['messages', 'deliveries']) $(what).textContent = tidy.format(e[what] / e.seconds)
  $('bytes').textContent = size(e.bytes / e.seconds)
  $('open').textContent = tidy.format(e.open)
  $('moves').textContent = `+${tidy.format(minute.connects)} −${tidy.format(minute.disconnects)}`
  const errors = [...minute.errors].sort((a, b) => b[1] - a[1])
  $('refused').textContent = tidy.format(errors.reduce((sum, [, n]) => sum + n, 0))
  rows($('errors'), errors.map(([code, n]) => [code, names[code] ?? '', tidy.format(n)]))
  $('fine').hidden = errors.length > 0
  const topics = [...minute.topics].sort((a, b) => b[1].messages - a[1].messages).slice(0, 50)
  rows($('topics'), topics.map(([name, t]) => [name, tidy.format(t.messages), tidy.format(t.deliveries), size(t.bytes), size(t.largest), tidy.format(t.subscribers)]))
  $('quiet').hidden = topics.length > 0
  draw()
}

const ends = {
  'signed-out': 'the session has ended: sign in again', forbidden: 'you may not look on any more', gone: 'the application is gone, or you are no member any more',
  restart: 'the server restarts', unavailable: 'the server cannot tell whether you may look on',
}

// take takes in one event of the stream, and reports whether it was the last one.
function take(text) {
  let kind = 'message', data = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('retry: ')) pause = Number(line.slice(7)) || pause
    if (line.startsWith('id: ')) last = line.slice(4)
    if (line.startsWith('event: ')) kind = line.slice(7)
    if (line.startsWith('data: ')) data += line.slice(6)
  }
  if (kind === 'end') return JSON.parse(data).reason
  if (data) {
    show(JSON.parse(data))
    state('on', 'live')
  }
  return ''
}

const again = (text, after) => {
  if (text) state('bad', text)
  setTimeout(look, after ?? pause)
}

function ask(text) {
  state('bad', text)
  sessionStorage.removeItem('live')
  token = ''
  $('sign').hidden = false
  $('token').focus()
}

async function look() {
  const headers = {Accept: 'text/event-stream'}
  if (token) headers.Authorization = `Bearer ${token}`
  if (last) headers['Last-Event-ID'] = last
  let answer
  try {
    answer = await fetch(location.pathname, {headers, cache: 'no-store'})
  } catch {
    return again('nobody answers: trying again')
  }
  if (!answer.ok) {
    const {detail} = await answer.json().catch(() => ({}))
    if ([400, 401, 403, 404].includes(answer.status)) return ask(detail ?? 'refused')
    return again(detail ?? 'not now', 1000 * (Number(answer.headers.get('Retry-After')) || 5))
  }
  if (!kept.length) state('on', 'connected')
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const {value, done} = await reader.read()
      if (done) return again('')
      const events = (rest + value).split('\n\n')
      rest = events.pop()
      for (const text of events) {
        const reason = take(text)
        if (reason === 'restart' || reason === 'unavailable') return again(ends[reason])
        if (reason) return ask(ends[reason] ?? 'it has ended')
      }
    }
  } catch {
    again('the connection was lost: trying again')
  }
}

// signIn takes a one-time link, or a token.
async function signIn(text) {
  $('sign').hidden = true
  const link = new URLSearchParams(text.split('#')[1] ?? '').get('sign-in')
  if (link) {
    const answer = await fetch('/v1/sessions', {
      method: 'POST', headers: {'Content-Type': 'application/json', 'X-Tacet': '1'}, body: JSON.stringify({link, cookie: true}),
    })
    if (!answer.ok) return ask((await answer.json().catch(() => ({}))).detail ?? 'this link does not sign in')
  } else if (text) {
    token = text
    sessionStorage.setItem('live', token) // this tab may be reloaded
  }
  look()
}

$('sign').onsubmit = (event) => {
  event.preventDefault()
  signIn($('token').value.trim())
  $('token').value = ''
}

fetch('/v1/errors.json').then((r) => r.json()).then((all) => {
  names = Object.fromEntries((all.errors ?? all).map((e) => [e.code, e.name]))
}).catch(() => {})

const handed = location.hash
if (handed) history.replaceState(null, '', location.pathname)
signIn(handed.includes('sign-in=') ? handed : '')
