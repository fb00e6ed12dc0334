using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Ollama;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Protocol;

namespace OllamaProxy.Server.Doctor;

/// <summary>Whether each backend answers, and one of them has the default model.</summary>
internal static class OllamaCheck
{
    public static async Task<IEnumerable<Finding>> RunAsync(
        BackendPool backends, OllamaProxyOptions options, CancellationToken cancellationToken)
    {
        var looks = await Task.WhenAll(backends.All.Select(backend => LookAsync(backend, cancellationToken)));
        var findings = looks.Select(look => look.Finding);
        // Without an Ollama there is nothing to be said of its models.
        return looks.All(look => look.Models is null) ? findings : findings.Append(OfModel(looks, options.Model));
    }

    private static async Task<Look> LookAsync(Backend backend, CancellationToken cancellationToken)
    {
        try
        {
            var version = await backend.Client.ReadVersionAsync(cancellationToken);
            var models = await backend.Client.ListInstalledAsync(cancellationToken);
            return new(backend, models, Finding.Good($"Ollama at {backend.Name} answers: version {LogText.Escape(version)}, "
                + $"{models.Count} {(models.Count == 1 ? "model" : "models")}."));
        }
        catch (OllamaException exception)
        {
            var why = LogText.Escape(exception.Message.TrimEnd('.'));
            return new(backend, null, Finding.Wrong(why.Contains(backend.Name, StringComparison.Ordinal)
                ? $"{why}. Start it with `ollama serve`, or correct OLLAMA_URL."
                : $"Ollama at {backend.Name} cannot be used: {why}. Correct OLLAMA_URL, or start Ollama there with `ollama serve`."));
        }
    }

    private static Finding OfModel(IEnumerable<Look> looks, string model)
    {
        var name = ModelName.Canonical(model);
        var having = looks.Where(look => !look.Backend.State.IsExcluded(name)
            && look.Models?.Any(other => ModelName.Canonical(other.Name) == name) == true).Select(look => look.Backend.Name).ToList();
        return having.Count > 0
            ? Finding.Good($"The model {model}, for prompts that name none, is at {string.Join(", ", having)}.")
            : Finding.Wrong($"No backend that answers lists the model {model}, which is used where a prompt names none. "
                + $"Get it with `ollama pull {model}`, or set OLLAMA_MODEL to another one.");
    }

    /// <param name="Backend">Who was asked.</param>
    /// <param name="Models">The models that it has; null: it does not answer.</param>
    /// <param name="Finding">What was found.</param>
    private sealed record Look(Backend Backend, IReadOnlyList<OllamaModel>? Models, Finding Finding);
}
