using OllamaProxy.Prompts;

namespace OllamaProxy.Configuration;

/// <summary>An API key, of which only the hash is kept.</summary>
/// <param name="Owner">Its name. What is submitted with the key belongs to this owner; several keys may share a name.</param>
/// <param name="Hash">The SHA-256 of the key in UTF-8.</param>
public sealed record ApiKey(string Owner, ReadOnlyMemory<byte> Hash)
{
    /// <summary>Whether it may do everything, with the prompts of all owners too.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>The owner's share of the machine, in proportion to those of others.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>How much the owner may use.</summary>
    public OwnerLimits Limits { get; init; } = OwnerLimits.None;
}
