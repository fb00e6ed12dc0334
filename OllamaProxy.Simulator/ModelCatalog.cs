using System.Collections.Concurrent;

namespace OllamaProxy.Simulator;

/// <summary>The models there are, and which of them are loaded. Safe for many threads.</summary>
internal sealed class ModelCatalog(SimulatorOptions options)
{
    private static readonly TimeSpan DefaultKeepAlive = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The models' full names.</summary>
    public IReadOnlyList<string> Names { get; } =
        [.. options.Models.Select(FullName).Distinct(StringComparer.OrdinalIgnoreCase)];

    public DateTimeOffset ModifiedAt { get; } = options.Time.GetUtcNow();

    /// <summary>The loaded models, by full name, and until when they are.</summary>
    public IReadOnlyList<KeyValuePair<string, DateTimeOffset>> Loaded
    {
        get
        {
            var now = options.Time.GetUtcNow();
            return [.. _expiries.Where(model => model.Value > now)];
        }
    }

    public static string FullName(string name) => name.Contains(':', StringComparison.Ordinal) ? name : name + ":latest";

    public bool Has(string name) => Names.Contains(FullName(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>Loads a model, or unloads it when it shall be kept for no time.</summary>
    public void Keep(string name, TimeSpan? keepAlive)
    {
        if (keepAlive == TimeSpan.Zero) _expiries.TryRemove(FullName(name), out _);
        else _expiries[FullName(name)] = options.Time.GetUtcNow() + (keepAlive ?? DefaultKeepAlive);
    }
}
