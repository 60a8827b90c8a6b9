"""Reading tar files as they stream by: ustar, GNU, PAX and sparse, with everything bounded."""
