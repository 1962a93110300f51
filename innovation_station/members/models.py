"""Tables of people: organisation, member, login session, failed log-ins, second factor, links that are on their way."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from innovation_station.db import Base, Instant
from innovation_station.members import rules


class Organisation(Base):
    """A university, municipality, company or association that members belong to; see `organisations` for what it does.

    It is a partner of the house from `partner_from` to `partner_until`, both days included; without the first it is
    none. `usage_revision` is the lock of what its members share.
    """

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_sv: Mapped[str] = mapped_column(String(200), unique=True)
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    slug: Mapped[str] = mapped_column(
        String(80), unique=True, default=lambda context: rules.slug_of(context.get_current_parameters()["name_sv"])
    )
    about_sv: Mapped[str] = mapped_column(String(600), default="")
    about_en: Mapped[str] = mapped_column(String(600), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(254), default="")
    partner_from: Mapped[date | None]
    partner_until: Mapped[date | None]
    cost_centre: Mapped[str] = mapped_column(String(40), default="")
    logo_revision: Mapped[int] = mapped_column(default=0)
    usage_revision: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("partner_from <= partner_until", name="partner_period"),
        CheckConstraint("kind in ('university', 'municipality', 'company', 'association', 'foundation')", name="kind"),
    )


class Member(Base):
    """A person with an account, see rules.STATES for `state`.

    `visible` is the consent to be seen by other members, off until it is given. `access_revision` rises with everything
    that changes what this person may book, so that it can be kept by it. `logged_in_at` is when a log-in was last made:
    what is done with one that is remembered, for 60 days, leaves it as it is.
    """

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(10), default="member")
    password_hash: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    language: Mapped[str | None] = mapped_column(String(2))
    visible: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="active", server_default="active")
    created_at: Mapped[Instant]
    logged_in_at: Mapped[Instant | None]
    tour_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    bookings_revision: Mapped[int] = mapped_column(default=0)
    access_revision: Mapped[int] = mapped_column(default=0)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    rules_due = False  # known of who asks (see visits); the house itself books for members without being asked

    __table_args__ = (
        CheckConstraint("role in ('member', 'host', 'admin')", name="role"),
        CheckConstraint("language in ('sv', 'en')", name="language"),
        CheckConstraint(f"state in {rules.STATES}", name="state"),
    )

    @property
    def initials(self) -> str:
        """Give the capitals for the avatar."""
        return rules.initials(self.name)

    @property
    def is_staff(self) -> bool:
        """Tell whether this person works for the house."""
        return rules.is_staff(self)


class LoginSession(Base):
    """One signed-in browser. Its token exists only in the cookie; the row keeps the hash.

    `address` is where it was opened from, shortened so that it names a network and no household.
    """

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(60), default="", server_default="")

    member: Mapped[Member] = relationship(lazy="joined", innerjoin=True)


class MemberView(Base):
    """That somebody of the staff sees the house as a member, until a time; it ends with the login session."""

    __tablename__ = "member_view"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("login_session.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    until: Mapped[Instant] = mapped_column(index=True)


class SignInFailure(Base):
    """One failed log-in, kept for an hour. Hashes alone: what is typed may be an address of somebody else's."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[bytes] = mapped_column(LargeBinary(32))
    network: Mapped[bytes] = mapped_column(LargeBinary(32))
    failed_at: Mapped[Instant] = mapped_column(index=True)

    __table_args__ = (Index(None, "account", "failed_at"), Index(None, "network", "failed_at"))


class Ticket(Base):
    """The right to do one thing once: what a link in a mail carries, or the second step of a log-in.

    The token stands in the link alone. `email` is the address that the right was sent to, `content` what it will do.
    """

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)


class SecondFactor(Base):
    """What a member's authenticator app shares with us, encrypted; begun until `confirmed_at` is set.

    `last_step` is the time step of the last code that was taken: none is taken twice.
    """

    __tablename__ = "second_factor"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """A code for the day the phone is gone; the row goes when it is used."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)


class Admission(Base):
    """How the house lets people in: one row, or none while nothing was settled.

    `domains` are those whose people need no approval, one a line; `second_factor` says who logs in with one only.
    """

    __tablename__ = "admission"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    domains: Mapped[str] = mapped_column(Text, default="")
    second_factor: Mapped[str] = mapped_column(String(10), default="nobody")

    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint(f"second_factor in {rules.PROTECTED}", name="second_factor"),
    )


class HouseText(Base):
    """A version of the house rules, or of what the house says about privacy; never changed, followed by another."""

    __tablename__ = "house_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    body_sv: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    published_at: Mapped[Instant]

    __table_args__ = (
        CheckConstraint(f"kind in {rules.TEXT_KINDS}", name="kind"),
        UniqueConstraint("kind", "version"),
    )


class Acceptance(Base):
    """That a member has accepted a version of a text, and when."""

    __tablename__ = "acceptance"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("house_text.id"), primary_key=True)
    accepted_at: Mapped[Instant]


class ImportFile(Base):
    """A file of members that somebody of the staff has tried, kept for a day so that it can be read in earnest."""

    __tablename__ = "import_file"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
