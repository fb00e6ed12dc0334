using System.Text.Json;

namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>A function as the worker declares it to the host.</summary>
internal sealed class WorkerFunction
{
    public WorkerFunction(RpcFunctionMetadata metadata)
    {
        Metadata = metadata;
        Binding = metadata.RawBindings.Select(Parse)
            .Single(binding => Text(binding, "type")!.EndsWith("Trigger", StringComparison.Ordinal));
    }

    public RpcFunctionMetadata Metadata { get; }

    public string Name => Metadata.Name;

    public string? Route => Text(Binding, "route");

    public string? Schedule => Text(Binding, "schedule");

    public string? AuthLevel => Text(Binding, "authLevel");

    public string Parameter => Text(Binding, "name")!;

    public bool? UseMonitor => Property(Binding, "useMonitor")?.GetBoolean();

    /// <summary>The HTTP methods, upper case; empty: any.</summary>
    public IReadOnlyList<string> Methods => Property(Binding, "methods") is { } methods
        ? [.. methods.EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())]
        : [];

    private JsonElement Binding { get; }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static JsonElement? Property(JsonElement binding, string name)
    {
        foreach (var property in binding.EnumerateObject())
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return property.Value;
        return null;
    }

    private static string? Text(JsonElement binding, string name) => Property(binding, name)?.GetString();
}
