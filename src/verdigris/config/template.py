"""The verdigris.toml that `verdigris init` writes: what is needed, and the rest as comments that hold the defaults."""

from __future__ import annotations

_TEMPLATE = """\
# Verdigris: blue-green deployments that carry the data along.
# Every key: docs/reference/configuration.md. A key that is commented out shows its default, or an example.

[app]
name = "@APP@"                       # {app} in the names below
migrations = "migrations"            # folder of NNNN_name.py, relative to this file
# verify = "checks:item"             # module:function, called with every item that is saved; raises to refuse it

[table]
name = "{app}-{env}-{version}"       # {version} is alpha or beta: the two copies of the data
# shape = "table.json"               # CreateTable body (JSON) for an environment that has no table yet
# destination = { shape = "table-2.json", ttl_attribute = "expires" } # what the next migration makes of the table
# beacon = "verdigris|beacon"        # reserved key value; a whole number where the key attributes are numbers
# segments = 4                       # scan segments worked on at once
# max_quarantined = 100              # items in quarantine that stop a deployment early

[deploy_table]
name = "{app}-{env}-deploy"          # flags, lease, journal

# One search index fed from the table; write the block again for each further one.
# [[index]]
# name = "{app}-{env}-case"          # the alias that the application searches
# mappings = "search/case.json"      # body of create index (JSON): mappings, settings
# document = "search.documents:case" # module:function: item -> (id, body), or None
# by = "verdigris"                   # or "application": its own stream consumer builds it

# Who reads the table's stream (docs/how-to/stream-consumers.md).
# [[consumer]]
# function = "{app}-{env}-{color}-index" # the Lambda function of an event source mapping
# kind = "index"                     # or "effects": it looks whether its color is live before it acts
# read_within_minutes = 360          # effects: how long the switch waits until it has read what was copied
# environments = ["dev"]             # none stands for all

# How a color's application comes to be. Leave it out if something else deploys it.
# [application]
# driver = "process"                 # a process of this machine; or one of those below
# command = ["python", "-m", "uvicorn", "app:app", "--port", "{port}"]
# directory = "."
# health = "/health"                 # answers 200 when the application is ready
# start_seconds = 60
# exercise = ["python", "smoke.py"]  # smoke test of the new color before the switch
#
# In its place, for infrastructure (docs/how-to/deploy-with-terraform.md):
#   driver = "terraform"             # or "sam", "cdk", "command"
#   directory = "infrastructure"
#   timeout_minutes = 60             # one command
#   program = "tofu"                 # terraform
#   backend_config = ["key={app}-{env}-{color}.tfstate"]
#   lock_timeout_seconds = 60
#   address_output = "url"           # sam, cdk: "Url"
#   stack = "{app}-{env}-{color}"    # sam, cdk
#   parameters = { Table = "VERDIGRIS_TABLE" } # sam
#   arguments = ["--resolve-s3"]     # sam, cdk
#   deploy = ["make", "up"]          # command, as are destroy = [...] and address = [...]

# What is asked of commands and services of yours on the way (docs/how-to/hooks.md).
# [[hook]]
# at = "before-switch"               # after-provision, exercise, maintenance-on, after-switch, on-failure, …
# command = ["./pause-cron.sh"]      # exit code 0 succeeded, 75 in progress, any other failed
# directory = "."
# name = "pause cron"
# timeout_seconds = 600
# every_seconds = 5                  # while in progress
# environments = ["dev"]             # none stands for all
#
#   url = "https://ops.example.com/hook" # in place of command
#   secret = "env:HOOK_SECRET"       # signs the request

# Who is told when a phase is done (docs/how-to/continue-your-ci.md).
# [[notify]]
# after = "reindex"
# to = "circleci"                    # or "webhook", see below
# job = "wait-for-reindex"           # the approval job that is approved
# token = "env:CIRCLECI_TOKEN"       # or secretsmanager:ID, secretsmanager:ID#KEY, ssm:NAME
# url = "https://circleci.com"
# patience_seconds = 300             # until the workflow has come to the job
# environments = ["dev"]             # none stands for all
#
#   to = "webhook"
#   secret = "ssm:/court/webhook"    # signs the message

# A search domain for each data version, where the environment is not local (docs/how-to/search-domains.md).
# [search_domain]
# name = "{app}-{env}-{version}"     # at most 28 characters
# create = "domain.json"             # the body of CreateDomain, less its name
# service = "opensearch"             # or "es", the older API

# What is watched after the switch, for bake_minutes (docs/how-to/watch-the-new-color.md).
# [[alarm]]
# name = "court-{env}-errors"        # of CloudWatch; {color} is the new one
# regions = ["us-east-1"]            # that have this alarm; else the home region
# no_data_seconds = 300              # without data it fails, after so long or at the end
# environments = ["dev"]             # none stands for all
# [[health]]
# url = "https://court-{env}.example.com/health"
# status = 200
# every_seconds = 10
# failures = 3                       # in a row
# timeout_seconds = 5
# environments = ["dev"]             # none stands for all

[switch]
deadline_seconds = 10                # from fence to release, or back to where it was

# What sends the traffic to a color where the environment is not local; several are set in their order.
# [[pointer]]
# kind = "api-gateway"               # or lambda-alias, load-balancer, parameter, command
# domain = "app-{env}.example.com"
# path = ""                          # the base path; empty for the domain's root
# api = "{app}-{env}-{color}"
# stage = "{env}"
# regions = ["us-east-1"]            # that have this mapping, in order; else the home region
# own_domain = "{color}-{env}.example.com" # of one color, if there is such a domain: its mappings go with the color

# How the live application is asked which table it works on: a Lambda function's variable, or a command that prints it.
# [live]
# function = "api_{env}_{color}"
# variable = "VERDIGRIS_TABLE"       # or, instead of function: command = ["./which-table.sh"]

# How fast bulk work may go, all workers together. Without a limit: as fast as the services take it.
# [budget]
# read_units_per_second = 1000       # of both tables: 4 KB each
# write_units_per_second = 500       # of the destination: 1 KB each
# index_documents_per_second = 2000

# US dollars, for the figures of `verdigris plan`: AWS's public prices of us-east-1 unless you pay others.
# [prices]
# million_reads = 0.125              # read units, strongly consistent
# million_writes = 0.625             # write units
# million_replica_writes = 0.625
# million_stream_reads = 0.2         # requests
# gb_month = 0.25                    # of a table
# backup_gb_month = 0.1

[environments.dev]
regions = ["us-east-1"]              # home first
local = true                         # the embedded engines: verdigris local up
approve = "auto"                     # or "manual" (the default): waits for verdigris approve
# gate_hours = 72                    # how long it waits
# on_gate_expiry = "back"            # nobody answered: undo what was made; or "stay": ask again
# finalize = "manual"                # "auto": the old color goes after the bake, and keep_old
# keep_old = "7d"                    # how long it is kept after the switch at least
# production = false                 # true refuses what is unproven or loses data
# bake_minutes = 0                   # watched between switch and finalize
# on_alarm = "back"                  # when what is watched fails; or "back-lossy", "stay"
# backup = false                     # of the old table before it is deleted; true where production is
# enable_stream = false              # consent to turn the source table's stream on
# port = 0                           # of the local front door; 0 takes any free one
# lease_seconds = 15
# unversioned = "alpha"              # the version whose table has a name without {version}, from before there were any
# late_write_seconds = 5             # a write that was not answered may land so late; 600 where it is not local
# application = { command = ["python", "dev.py", "{port}"] } # in place of [application]
# budget = { write_units_per_second = 100 } # in place of [budget]
# In place of the region's own addresses, where it is not local:
# endpoints = { dynamodb = "http://127.0.0.1:8000", search = "http://127.0.0.1:9200", aws = "http://127.0.0.1:5000", \
search_user = "verdigris", search_password = "env:SEARCH_PASSWORD" }
"""


def template(app: str) -> str:
    """The text for an application of that name. The name is not checked here: `load` does."""
    return _TEMPLATE.replace("@APP@", app)
