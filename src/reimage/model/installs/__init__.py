"""Installs of a project's dependencies: what they read, what may go before or behind them."""
