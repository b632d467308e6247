"""The configuration: what verdigris.toml may hold. Frozen; units stand in the names; unknown keys are faults.

Every description here is shown in docs/reference/configuration.md and in the JSON schema (`schema.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, Strict

from verdigris.config import files, names
from verdigris.config.applications import ApplicationSettings
from verdigris.config.around import HookSettings, NotifySettings
from verdigris.config.budget import BudgetSettings
from verdigris.config.consumers import ConsumerSettings
from verdigris.config.environment import EnvironmentSettings
from verdigris.config.indexes import IndexPlace, IndexSettings
from verdigris.config.live import LiveSettings
from verdigris.config.pointers import PointerSettings
from verdigris.config.prices import PriceSettings
from verdigris.config.search_domains import SearchDomainSettings
from verdigris.config.section import Section
from verdigris.config.table import TableSettings
from verdigris.config.values import (
    EnvironmentName,
    Reference,
    RelativePath,
    UnversionedName,
    Word,
    seconds,
)
from verdigris.config.watching import AlarmSettings, HealthSettings
from verdigris.core.declared import ConsumerKind, Declared
from verdigris.core.hooking import Point
from verdigris.core.model import Color, DataVersion
from verdigris.core.pacing import Budget
from verdigris.errors import UsageError

FILE_NAME = "verdigris.toml"
_Scoped = TypeVar("_Scoped", HookSettings, NotifySettings, AlarmSettings, HealthSettings, ConsumerSettings)

#: AWS refuses a request whose date is more than five minutes away from its own time, past or future (SigV4,
#: "RequestTimeTooSkewed"). So one that was dated by a clock five minutes ahead may be under way for ten. The embedded
#: engines answer within milliseconds.
_LATE_S, _LATE_LOCAL_S = 600.0, 5.0


class AppSettings(Section):
    """The application."""

    name: Word = Field(description="The application's name; `{app}` in other names.")
    migrations: RelativePath = Field(
        default="migrations", description="Folder of the migrations, relative to this file."
    )
    verify: Reference | None = Field(
        default=None,
        description="`module:function` that is called with every item that is saved, and raises to refuse it.",
    )


class DeployTableSettings(Section):
    """The table that remembers: flags, lease, journal."""

    name: UnversionedName = Field(
        default="{app}-{env}-deploy", description="The deploy table's name. Must not hold `{version}`."
    )


class SwitchSettings(Section):
    """How the traffic moves."""

    deadline_seconds: float = Field(
        default=10,
        gt=0,
        le=300,
        description="From fence to release: a switch that takes longer goes back to where it was.",
    )


class Document(Section):
    """The whole file."""

    app: AppSettings = Field(description="The application.")
    table: TableSettings = Field(description="The table that holds the data, once per data version.")
    deploy_table: DeployTableSettings = Field(
        default=DeployTableSettings(), description="The table that remembers: flags, lease, journal."
    )
    index: Annotated[tuple[IndexSettings, ...], Strict(False)] = Field(
        default=(), description="One search index, fed from the table. May stand any number of times."
    )
    search_domain: SearchDomainSettings | None = Field(
        default=None,
        description="A search domain for each data version. Without it one cluster has the indexes of both.",
    )
    consumer: Annotated[tuple[ConsumerSettings, ...], Strict(False)] = Field(
        default=(),
        description="A function that is given the changes of the table, so that a deployment knows what may be "
        "written or sent while the destination is filled. May stand any number of times.",
    )
    application: ApplicationSettings | None = Field(
        default=None,
        description="How a color's application comes to be. Without this section something else deploys it.",
    )
    hook: Annotated[tuple[HookSettings, ...], Strict(False)] = Field(
        default=(), description="What is asked of your commands and services. May stand any number of times."
    )
    notify: Annotated[tuple[NotifySettings, ...], Strict(False)] = Field(
        default=(), description="Who is told when a phase is done. May stand any number of times."
    )
    alarm: Annotated[tuple[AlarmSettings, ...], Strict(False)] = Field(
        default=(), description="A CloudWatch alarm that is watched after the switch. May stand any number of times."
    )
    health: Annotated[tuple[HealthSettings, ...], Strict(False)] = Field(
        default=(), description="An address that is watched after the switch. May stand any number of times."
    )
    switch: SwitchSettings = Field(
        default=SwitchSettings(),
        description="How the traffic moves. What sends it to a color is the front door in an environment that is "
        "`local` and has an `[application]`, and `[[pointer]]` in all others.",
    )
    pointer: Annotated[tuple[PointerSettings, ...], Strict(False)] = Field(
        default=(),
        description="What sends the traffic to a color. Several are set in their order in the file, each read back, "
        "and in the reverse order on the way back.",
    )
    live: LiveSettings | None = Field(
        default=None, description="How the live application is asked which table it works on."
    )
    budget: BudgetSettings = Field(default=BudgetSettings(), description="How fast bulk work may go.")
    prices: PriceSettings = Field(default=PriceSettings(), description="US dollars, for the figures of a plan.")
    environments: dict[EnvironmentName, EnvironmentSettings] = Field(
        min_length=1, description="One deployed installation of the application. At least one is needed."
    )


class Config(Document):
    """A file that was read, with the place it was read from."""

    file: Path = Field(description="The file itself, absolute.")

    @property
    def root(self) -> Path:
        """The folder of the file: relative paths and `module:function` start here."""
        return self.file.parent

    @property
    def migrations_folder(self) -> Path:
        return self.root / self.app.migrations

    def environment(self, name: str) -> Environment:
        """The settings of one environment, with every name expanded. Raises UsageError if there is none such."""
        settings = self.environments.get(name)
        if settings is None:
            known = ", ".join(self.environments)
            guess = names.did_you_mean(name, self.environments)
            raise UsageError(f'no environment "{name}"; {FILE_NAME} has: {known}{guess}', where=str(self.file))
        application = settings.application or self.application
        return Environment(config=self, name=name, **dict(settings) | {"application": application})

    def table_shape(self) -> dict[str, Any] | None:
        """The body of `[table] shape`, None if there is none. Raises ConfigError if the file is missing or no JSON."""
        return None if self.table.shape is None else files.read_json(self.file, "table.shape", self.table.shape)

    def destination_shape(self) -> dict[str, Any] | None:
        """The body of `[table.destination] shape`, None if there is none. Raises ConfigError as `table_shape` does."""
        section = self.table.destination
        return None if section is None else files.read_json(self.file, "table.destination.shape", section.shape)

    def domain_body(self) -> dict[str, Any]:
        """What a search domain is made from. Raises ConfigError."""
        section = self.search_domain
        return files.read_json(self.file, "search_domain.create", section.create) if section else {}

    def mappings(self, index: IndexSettings) -> dict[str, Any]:
        """The body to create `index` with. Raises ConfigError if the file is missing or no JSON."""
        return files.read_json(self.file, f"index[{self.index.index(index)}].mappings", index.mappings)


class Environment(EnvironmentSettings):
    """An environment as the phases see it: its settings, and its names expanded."""

    config: Config
    name: str

    @property
    def app(self) -> str:
        return self.config.app.name

    @property
    def initial_budget(self) -> Budget:
        """How fast a deployment goes until somebody says otherwise."""
        settings = self.budget or self.config.budget
        return Budget(
            settings.read_units_per_second, settings.write_units_per_second, settings.index_documents_per_second
        )

    @property
    def late_write_s(self) -> float:
        """How long a write that was not answered may still land, in seconds."""
        if self.late_write_seconds is not None:
            return self.late_write_seconds
        return _LATE_LOCAL_S if self.local else _LATE_S

    @property
    def backs_up(self) -> bool:
        """Whether the old table is backed up before it is deleted."""
        return self.production and not self.local if self.backup is None else self.backup

    @property
    def keep_old_s(self) -> float:
        """How long the old color is kept after the switch, in seconds; 0 where nothing is said."""
        return seconds(self.keep_old) if self.keep_old else 0.0

    @property
    def has_fence(self) -> bool:
        """Whether something holds writes during a switch: the front door, or a maintenance page."""
        front_door = self.local and self.application is not None
        return front_door or any(hook.point is Point.MAINTENANCE_ON for hook in self.hooks)

    @property
    def region(self) -> str:
        """The home region."""
        return self.regions[0]

    def table(self, version: DataVersion) -> str:
        """The name of the table that holds this data version."""
        if version.value == self.unversioned:
            return self.unversioned_table
        return self._expand(self.config.table.name, version=version.value)

    def domain(self, version: DataVersion) -> str | None:
        """The name of the search domain of this data version; None where one cluster has the indexes of both."""
        section = self.config.search_domain
        if section is None or self.local or self.endpoints.search:
            return None
        return self._expand(section.name, version=version.value)

    @property
    def unversioned_table(self) -> str:
        """The name of the table from before there were versions: `court-dev` for `{app}-{env}-{version}`."""
        return self._expand(names.unversioned(self.config.table.name))

    @property
    def deploy_table(self) -> str:
        return self._expand(self.config.deploy_table.name)

    def live_function(self, color: Color) -> str | None:
        """The Lambda function that tells which table this color works on."""
        function = self.config.live.function if self.config.live else None
        return self._expand(function, color=color.value) if function else None

    def indexes(self) -> tuple[IndexPlace, ...]:
        """Every index, with its alias."""
        return tuple(IndexPlace(index, self._expand(index.name)) for index in self.config.index)

    def expanded(self, template: str, region: str | None = None) -> str:
        """A name that is one for both colors; `region` is the home region unless it says otherwise."""
        return self._expand(template, **({"region": region} if region else {}))

    @property
    def hooks(self) -> tuple[HookSettings, ...]:
        """What deployments of this environment ask of others."""
        return self._meant(self.config.hook)

    @property
    def notices(self) -> tuple[NotifySettings, ...]:
        """Who is told of deployments of this environment."""
        return self._meant(self.config.notify)

    @property
    def alarms(self) -> tuple[AlarmSettings, ...]:
        """What is watched after the switch."""
        return self._meant(self.config.alarm)

    @property
    def health_checks(self) -> tuple[HealthSettings, ...]:
        """What is asked after the switch."""
        return self._meant(self.config.health)

    def _meant(self, sections: tuple[_Scoped, ...]) -> tuple[_Scoped, ...]:
        """Those that are meant for this environment."""
        return tuple(one for one in sections if not one.environments or self.name in one.environments)

    def consumers(self, color: Color) -> tuple[Declared, ...]:
        """What is known of the consumers of a color's table."""
        named = (
            Declared(self.colored(one.function, color, region), ConsumerKind(one.kind), one.read_within_s)
            for one in self._meant(self.config.consumer)
            for region in self.regions
        )
        return tuple(dict.fromkeys(named))

    def colored(self, template: str, color: Color, region: str | None = None) -> str:
        """A name of what serves a color."""
        return self._expand(template, color=color.value, **({"region": region} if region else {}))

    def _expand(self, template: str, **more: str) -> str:
        return names.expand(template, **({"app": self.app, "env": self.name, "region": self.region} | more))
