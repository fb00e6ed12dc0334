using System.Diagnostics;
using OllamaProxy.Access;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;

namespace OllamaProxy.Telemetry;

/// <summary>
/// The attributes of metrics whose values clients choose. Their number is bounded, since each value is a time series of its own: clients
/// can invent any number of models and of owners.
/// </summary>
public sealed class MetricLabels(ApiKeys keys, AccountShares shares, BackendPool backends, OllamaProxyOptions options)
{
    /// <summary>The model of OpenTelemetry's conventions (https://opentelemetry.io/docs/specs/semconv/gen-ai/).</summary>
    public const string Model = "gen_ai.request.model";

    /// <summary>The name of the API key that a prompt came with.</summary>
    public const string Owner = "owner";

    /// <summary>The address of the backend, without a password.</summary>
    public const string Backend = "backend";

    /// <summary>What stands for the models beyond the most that are named, and for those that no backend has.</summary>
    public const string OtherModels = "other";

    /// <summary>How many models are named at most.</summary>
    private const int MaxModels = 200;

    private readonly Lock _lock = new();
    private volatile HashSet<string> _models = [];

    /// <summary>The names of the API keys.</summary>
    public IReadOnlyCollection<string> Owners => keys.Current.Owners;

    /// <summary>Adds the model; null: the default model.</summary>
    public void AddModel(ref TagList tags, string? model) => tags.Add(Model, NameOf(model));

    /// <summary>Adds whose prompt it is, if that is the name of an API key.</summary>
    /// <param name="tags">The attributes.</param>
    /// <param name="account">To whom the prompt is charged.</param>
    public void AddOwner(ref TagList tags, string? account)
    {
        if (shares.NamedOwnerOf(account) is { } owner)
            tags.Add(Owner, owner);
    }

    /// <summary>
    /// The model in its canonical form; null: the default model. It is <see cref="OtherModels"/> unless a backend lists it or has run it.
    /// </summary>
    public string NameOf(string? model)
    {
        var name = ModelName.Canonical(model ?? options.Model);
        if (_models.Contains(name))
            return name;
        if (name.Length == 0 || _models.Count >= MaxModels || !backends.All.Any(backend => IsKnown(backend.State, name)))
            return OtherModels;
        lock (_lock)
            _models = [.. _models, name];
        return name;
    }

    private static bool IsKnown(BackendState backend, string model) =>
        backend.Listed?.Contains(model) is true || backend.Ran.Contains(model);
}
