package httpapi

// What the page says that is no list. It is HTML as it stands.

const leadText = `<p class="lead">This service passes messages on between programs in real time. It remembers that a message was sent, and never what was in it; that somebody connected, and never from which address. This page says what is kept, why, and for how long.</p>
`

const neverText = `<ul>
<li><b>Messages.</b> A payload is passed from one connection to others and exists in memory while it passes. It is not stored, not queued, not logged, not analysed and not looked into.
<li><b>IP addresses.</b> An address is made anonymous before anything else is done with it. What is kept cannot be turned back into an address.
<li><b>Browsers.</b> No User-Agent, no referrer, no language, no fingerprint.
<li><b>Tokens.</b> They are checked and forgotten. Of access tokens a hash is kept.
<li><b>Card numbers.</b> Only what the payment provider tells: a reference, the brand, the last four digits and the expiry.
</ul>
<p>Nothing is told to anybody else: no advertiser, no analytics, nobody who made this software. What pages the service has load nothing from elsewhere, and set no cookie but that of a session that you begin yourself.</p>
`

const telemetryText = `<p>Of each message, of each connection that opens or closes, and of each request that is refused, one line is recorded. These are all attributes that it can have:</p>
`

const addressText = `<p>Each application chooses one of three methods. The method and its version are recorded with each value (RFC 6235).</p>
<dl>
<dt>ipcrypt <small>the default</small><dd>The last part of the address is cut off: what is left is the network, 256 addresses of IPv4 (/24) or the site of IPv6 (/48). That is encrypted under a key for this application and this day (UTC). Within a day one can see that two requests came from the same network, which is what it takes to stop abuse, and not from which. An hour after the day its key is destroyed, and is in no backup: from then on nobody can read the value, and values of two days cannot be compared.
<dt>truncate<dd>The network is kept as it is, and the rest is cut off.
<dt>none<dd>Nothing is kept.
</dl>
<p>The country of a connection is recorded where the network in front of this service tells it. It is two letters, and shown only of groups that are large enough.</p>
`

const topicText = `<p>Topics are named by the application. A name below <code>priv/</code> is the address of somebody: it is always recorded as <code>priv/*</code>. An application may have all other names recorded as keyed hashes.</p>
`

const howLongText = `<p>What is recorded ends by itself. How long it is kept depends on the plan of the application:</p>
`

const endsText = `<p>Each record has the time of its end on it. From that moment on nobody can read it; the space is taken back later. When an application gets another plan, what was recorded before gets another end as well. Sums that reports are made of end with what they sum up.</p>
`

const reportText = `<p>Reports are made for the application's owner, from figures. Whoever is alone in a group would be seen in it: so topics and countries with fewer than five different (anonymised) networks on a day are added up as “other”, and only whole days are shown by topic or country. No report shows an address, anonymised or not, or a subject.</p>
`

const accountText = `<p>Who signs in to manage applications has an account. It holds a name and an age range, if you say them, an e-mail address, payment details as the payment provider tells them, and a log of what was changed, which ends after a year. All of this, names of applications and of access tokens, and keys, are encrypted under a key that only this account has. E-mail addresses and identities are looked up by a keyed hash.</p>
`

const rightsText = `<p><b>You can see it.</b> An owner of an account downloads everything that is held about it, any member what is held about himself, at any time and by themselves: a ZIP of readable files, with a hash of each.</p>
<p><b>You can end it.</b> An owner deletes the account by himself, for good. Its key is destroyed first, so that copies made before cannot be read either; then connections are ended and every store is swept, twice. At the end there is a signed certificate of what was removed, which anybody can check. What remains is that there was such a request: a line without a name, kept for one year, because the law asks for proof.</p>
<p><b>Users of an application</b> are known to the application and not to this service: it sees the subject of a token as long as the connection is open, and forgets it then. Ask whoever runs the application.</p>
`

const logText = `<p>The service writes down what it does in order to find faults: times, random ids of requests and connections, numbers, and texts of its own. At no level do logs hold a message, a token, an address, a User-Agent, a topic, a subject, a name or an e-mail address. Nor do traces, where whoever runs the deployment has named a collector for them.</p>
`

const everythingText = `<p>The same for every sort of record there is, in full. <span class="personal">personal</span> marks what is personal data before it is stored as the last column says.</p>
`

// whoText is who sees what.
var whoText = [][2]string{
	{"The program, while a message passes", "the message, the token that came with it, and the address, in memory"},
	{"Who subscribed to the topic", "the message, and who sent it as the application's token says"},
	{"The application's own servers", "which connections are open, with the subjects that their tokens say"},
	{"Owners and admins of the account", "reports, members, the activity log; addresses in it are anonymised"},
	{"Other members", "what their role allows"},
	{"Whoever runs this deployment", "through the service: how it fares, and the ledger of downloads and deletions, which names nobody. Who has both its stores and its keys could read what this page lists as stored, and no more: what is not kept cannot be read"},
	{"The payment provider", "what you tell it yourself"},
	{"The issuer of identities that you sign in with", "that you sign in here"},
	{"Anybody else", "nothing"},
}
