"""The builder of the documentation site, which is a folder of modules and no package, can be imported in these tests."""

from __future__ import annotations

import sys

from tests.support.markdown import PROJECT

sys.path.insert(0, str(PROJECT / "docs" / "builder"))
