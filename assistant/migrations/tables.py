"""Every table of the house, for the migrations."""

from assistant import audit, transcript
from tools.customers import schema
from tools.segments import snapshots

METADATA = [schema.metadata, snapshots.metadata, transcript.metadata, audit.metadata]
