namespace OllamaProxy.Storage.Copying;

/// <summary>Tells by the leases of a store whether processes work on it. What they say ends with each store's own clock.</summary>
internal static class LeaseCheck
{
    /// <summary>How many leases are good, and until when the last of them is, in milliseconds; both stores understand it.</summary>
    public const string Query =
        """
        SELECT count(*), max(expires_at) FROM (
            SELECT expires_at FROM leases UNION ALL SELECT expires_at FROM connections) AS held
        WHERE expires_at > $now
        """;

    /// <exception cref="StoreException">There are good ones.</exception>
    public static void RefuseHeld(string database, long leases, long? expiresAt)
    {
        if (leases == 0)
            return;
        var until = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(expiresAt!.Value, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
        throw UnfinishedCopy.RefusalWhileUsed(database, FormattableString.Invariant(
            $"{leases:N0} leases of prompts or of clients are good until {until:yyyy-MM-dd HH:mm:ss}Z (after a crash, wait until then)"));
    }
}

/// <summary>How many bytes a prompt has, about, with its texts and bodies.</summary>
internal static class PromptSize
{
    /// <summary>An expression for a query of the prompts with their texts; both stores understand it.</summary>
    public const string Expression =
        """
        octet_length(prompt) + octet_length(request) + coalesce(octet_length(result), 0) + coalesce(octet_length(thinking), 0)
            + coalesce((SELECT octet_length(body) FROM calls WHERE calls.seq = prompts.seq), 0)
            + coalesce((SELECT octet_length(body) FROM responses WHERE responses.seq = prompts.seq), 0)
            + coalesce((SELECT sum(length) FROM texts WHERE texts.seq = prompts.seq), 0)
        """;
}
