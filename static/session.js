// Who is signed in, where the server asks for a key. The key itself is in a cookie that no script can read.

let session = null;
const whenSessionIsKnown = [];

async function readSession() {
  try {
    session = await request('/api/v1/session');
  } catch {
    setTimeout(readSession, 5_000);
    return;
  }
  showSession();
  if (session.key_needed && !session.owner) askForKey();
  for (const act of whenSessionIsKnown) act(session);
}

function showSession() {
  $('session').hidden = !session.owner;
  setText($('session-owner'), session.admin ? `${session.owner} (admin)` : session.owner ?? '');
}

// The page was opened with a key that is not known any more, or with none.
function askForKey() {
  if (!$('sign-in').open) $('sign-in').showModal();
}

async function signIn(event) {
  event.preventDefault();
  $('sign-in-button').disabled = true;
  try {
    await request('/api/v1/session', { method: 'POST', body: JSON.stringify({ key: $('key').value }) });
    location.reload();
  } catch (error) {
    setText($('sign-in-error'), error.status ? error.message : 'Connection lost, please try again.');
    $('sign-in-button').disabled = false;
    $('key').select();
  }
}

async function signOut() {
  await request('/api/v1/session', { method: 'DELETE' });
  location.reload();
}

$('sign-in-form').addEventListener('submit', signIn);
// Escape would leave a page that can do nothing.
$('sign-in').addEventListener('cancel', event => event.preventDefault());
$('sign-out').addEventListener('click', () => signOut().catch(() => {}));
readSession();
