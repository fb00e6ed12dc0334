namespace OllamaProxy.Ollama;

/// <summary>What a model is made of.</summary>
/// <param name="ParameterSize">Such as <c>3.2B</c>.</param>
/// <param name="QuantizationLevel">Such as <c>Q4_K_M</c>.</param>
public sealed record OllamaModelDetails(string? ParameterSize, string? QuantizationLevel);
