"""Sign people in with an OpenID provider: authorization code flow with PKCE, state and nonce, by Authlib.

OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); what a token must say follows RFC 9700. What an attempt needs
later is kept here, not in the browser: it can be used once, by the browser that began it, within ten minutes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

from customer360.errors import C360Error, SettingMissing
from customer360.governance.accounts import NAME, Account, Accounts
from customer360.governance.failures import AccountRefused, NotSignedIn
from customer360.governance.state import State, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from customer360.project.outside import SignIn

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key pair: `none` and those by a shared secret are not among them."""
LASTS = timedelta(minutes=10)
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
PATIENCE = 10.0
_SCOPE = "openid profile email"


@dataclass(frozen=True)
class _Addresses:
    authorization: str
    token: str
    keys: str
    end: str | None
    """Where a browser ends its session at the provider; not every provider has it."""


class Provider:
    """The OpenID provider of one project."""

    def __init__(self, settings: SignIn, state: State, accounts: Accounts) -> None:
        self._settings = settings
        self._state = state
        self._accounts = accounts

    @property
    def label(self) -> str:
        """The provider's host, to be shown."""
        return urlsplit(self._settings.issuer).hostname or self._settings.issuer

    def begin(self, redirect: str, onward: str) -> tuple[str, str]:
        """Return where to send the browser, and a text that it must bring back in a cookie. Errors: NotSignedIn."""
        state, nonce, verifier, browser = (secrets.token_urlsafe(size) for size in (32, 32, 48, 32))
        with self._client(redirect) as client:
            address = self._addresses(client).authorization
            url, _ = client.create_authorization_url(address, state=state, code_verifier=verifier, nonce=nonce)
        with self._state.writing() as writing:
            writing.run("DELETE FROM oidc_attempt WHERE at < ?", (stamp(writing.at - LASTS),))
            row = (_digest(state), _digest(browser), nonce, verifier, onward, stamp(writing.at))
            writing.run("INSERT INTO oidc_attempt VALUES (?, ?, ?, ?, ?, ?)", row)
        return str(url), browser

    def finish(self, query: Mapping[str, str], browser: str, redirect: str) -> tuple[Account, str]:
        """Return who signed in and where they wanted to go. Errors: NotSignedIn, AccountRefused."""
        attempt = self._taken(query.get("state", ""), browser)
        if query.get("iss", self._settings.issuer) != self._settings.issuer:
            raise _refused("the answer comes from another provider")
        if "error" in query or not query.get("code"):
            raise _refused("the provider did not sign you in")
        claims = self._claims(query["code"], attempt, redirect)
        return self._account(claims), str(attempt["onward"])

    def leave(self, redirect: str) -> str | None:
        """Return where a browser ends its session at the provider too, None where that has no such address.

        Errors: NotSignedIn when it does not answer.
        """
        with self._client(redirect) as client:
            end = self._addresses(client).end
        asked = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": redirect})
        return end and f"{end}{'&' if '?' in end else '?'}{asked}"

    # ---- the provider -----------------------------------------------------------------------------------------

    def _client(self, redirect: str) -> Any:
        try:
            from authlib.integrations.httpx_client import OAuth2Client
        except ModuleNotFoundError as error:
            raise C360Error(
                "Signing in with a provider needs the packages of the extra oidc, which are not installed.",
                next_step='Install them: pip install "customer360[oidc]".',
            ) from error
        secret = None
        if self._settings.client_secret is not None:
            secret = os.environ.get(self._settings.client_secret)
            if not secret:
                raise SettingMissing(self._settings.client_secret, purpose="the secret of customer360 at the provider")
        return OAuth2Client(
            self._settings.client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=_SCOPE,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=PATIENCE,
            follow_redirects=False,
        )

    def _addresses(self, client: httpx.Client) -> _Addresses:
        """Return the provider's addresses, from its own description. Errors: NotSignedIn."""
        found = _document(client, f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._settings.issuer:
            raise _refused("the provider calls itself by another name")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        addresses = [str(found.get(name, "")) for name in names]
        allowed = ("https://", f"{_origin(self._settings.issuer)}/")
        if not all(address.startswith(allowed) for address in addresses):
            raise _refused("the provider names an address that is not https")
        end = str(found.get("end_session_endpoint", ""))
        authorization, token, keys = addresses
        return _Addresses(authorization, token, keys, end if end.startswith(allowed) else None)

    def _claims(self, code: str, attempt: Mapping[str, Any], redirect: str) -> dict[str, Any]:
        """Exchange the code and return what the identity token says, checked. Errors: NotSignedIn."""
        from authlib.common.errors import AuthlibBaseError
        from httpx import HTTPError
        from joserfc import jwk, jwt
        from joserfc.errors import JoseError

        with self._client(redirect) as client:
            addresses = self._addresses(client)
            try:
                token = client.fetch_token(addresses.token, code=code, code_verifier=attempt["verifier"])
                keys = jwk.KeySet.import_key_set(cast("Any", _document(client, addresses.keys)))
                read = jwt.decode(str(token.get("id_token", "")), keys, algorithms=list(ALGORITHMS))
            except (AuthlibBaseError, HTTPError) as error:
                raise _refused("the provider did not take the code") from error
            except (JoseError, ValueError) as error:
                raise _refused("the identity token is not signed by the provider") from error
        self._check(read.claims, str(attempt["nonce"]))
        return dict(read.claims)

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        """Raise NotSignedIn unless the token is for us, for this attempt, and holds now."""
        settings, now = self._settings, self._state.clock().timestamp()
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        if claims.get("iss") != settings.issuer:
            raise _refused("the identity token names another provider")
        if settings.client_id not in several or claims.get("azp", settings.client_id) != settings.client_id:
            raise _refused("the identity token is meant for somebody else")
        if len(several) > 1 and "azp" not in claims:
            raise _refused("the identity token is meant for somebody else")
        ends, begins = claims.get("exp"), claims.get("iat")
        if not isinstance(ends, int | float) or not isinstance(begins, int | float):
            raise _refused("the identity token does not say when it holds")
        if not begins - LEEWAY <= now < ends + LEEWAY or claims.get("nbf", 0) > now + LEEWAY:
            raise _refused("the identity token does not hold now")
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise _refused("the identity token is not of this attempt")
        if not claims.get("sub"):
            raise _refused("the identity token names nobody")

    # ---- here -------------------------------------------------------------------------------------------------

    def _taken(self, state: str, browser: str) -> Mapping[str, Any]:
        """Return an attempt that nobody finished yet, and let nobody finish it again. Errors: NotSignedIn."""
        with self._state.writing() as writing:
            row = writing.run("SELECT * FROM oidc_attempt WHERE state_hash = ?", (_digest(state),)).fetchone()
            if row is not None and secrets.compare_digest(row["browser_hash"], _digest(browser)):
                writing.run("DELETE FROM oidc_attempt WHERE state_hash = ?", (_digest(state),))
                if self._state.clock() - datetime.fromisoformat(row["at"]) <= LASTS:
                    return dict(row)
        raise _refused("this attempt is over, or another browser began it")

    def _account(self, claims: Mapping[str, Any]) -> Account:
        """Return the account of a person, made at their first time; roles and groups are those of the provider now."""
        subject, issuer = str(claims["sub"]), self._settings.issuer
        groups = _groups(claims.get(self._settings.groups_claim))
        roles = {self._settings.roles[group] for group in groups if group in self._settings.roles}
        roles = roles or {self._settings.default_role}
        found = self._state.rows(
            "SELECT account FROM oidc_identity WHERE issuer = ? AND subject = ?", (issuer, subject)
        )
        named = [group for group in groups if NAME.fullmatch(group) and self._accounts.find(group) is None]
        if found:
            account = self._accounts.named(found[0]["account"])
            if not account.is_active:
                raise NotSignedIn("Your account is disabled.", next_step="Ask an administrator.")
            if account.roles != roles or account.groups != set(named):
                account = self._accounts.change(account.name, roles=roles, groups=named, by="oidc")
        else:
            account = self._new(str(claims.get(self._settings.name_claim) or ""), roles, named, issuer, subject)
        with self._state.writing() as writing:
            writing.note(account.name, "sign_in.done", account.name, by=self.label)
        return account

    def _new(self, name: str, roles: set[str], groups: list[str], issuer: str, subject: str) -> Account:
        """Make the account of somebody who comes for the first time. Errors: AccountRefused."""
        name = name.casefold()
        if name in self._settings.roles:
            raise AccountRefused(f"A group is named '{name}'.", next_step="Ask an administrator.")
        if self._accounts.find(name) is not None:
            raise AccountRefused(
                f"There is an account named '{name}' that does not sign in with {self.label}.",
                next_step="Ask an administrator: it takes another name at the provider, or here.",
            )
        account = self._accounts.create(name, password=None, roles=roles, groups=groups, by="oidc")
        with self._state.writing() as writing:
            writing.run("INSERT INTO oidc_identity VALUES (?, ?, ?)", (issuer, subject, name))
        return account


def _document(client: httpx.Client, url: str) -> dict[str, Any]:
    """Return a JSON document of the provider. Errors: NotSignedIn."""
    from httpx import HTTPError

    try:
        answer = client.request("GET", url, withhold_token=True)  # type: ignore[call-arg]  # Authlib adds it
        answer.raise_for_status()
        found = answer.json()
    except (HTTPError, ValueError) as error:
        raise _refused("the provider does not answer") from error
    if not isinstance(found, dict):
        raise _refused("the provider does not answer as one")
    return found


def _groups(claim: object) -> list[str]:
    listed = [claim] if isinstance(claim, str) else claim
    return sorted({each for each in listed if isinstance(each, str)}) if isinstance(listed, list) else []


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refused(why: str) -> NotSignedIn:
    return NotSignedIn(f"You were not signed in: {why}.", next_step="Try again; if it stays so, ask an administrator.")
