namespace OllamaProxy.Protocol;

/// <summary>
/// What a prompt needs to be loaded: a model, and the options that Ollama loads it with. Prompts of the same key run one after the other
/// without a load in between.
/// </summary>
/// <param name="Model">The canonical name of the model; empty: none is named.</param>
/// <param name="Options">The options; see <see cref="LoadOptions"/>.</param>
public readonly record struct LoadKey(string Model, string Options)
{
    /// <summary>A model with Ollama's own options.</summary>
    public static implicit operator LoadKey(string model) => new(model, "");

    /// <summary>The model, and the options if there are any.</summary>
    public override string ToString() => Options.Length > 0 ? $"{Model} ({Options})" : Model;
}
