using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator;

/// <summary>The options of a simulator.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The models that it has. A name without a tag has the tag <c>latest</c>, here and in requests.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["llama3.2", "tiny"];

    /// <summary>Models that it runs but does not list, as Ollama does with cloud models, and other programs with aliases.</summary>
    public IReadOnlyList<string> UnlistedModels { get; init; } = [];

    /// <summary>The speed of an answer in tokens per second; 0: as fast as possible.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>The silence before the first token, including the headers. It stands for loading and prompt evaluation.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How long it takes to load a model. The request for it waits without an answer.</summary>
    public TimeSpan LoadTime { get; init; }

    /// <summary>
    /// How many models are loaded at most, at least 1. To load another, the least recently used one is unloaded once no request runs on it.
    /// </summary>
    public int MaxLoadedModels { get; init; } = int.MaxValue;

    /// <summary>
    /// How many tokens the context of a model holds, unless a request asks for another length (<c>OLLAMA_CONTEXT_LENGTH</c>). A prompt that
    /// is too long for it is cut.
    /// </summary>
    public int ContextLength { get; init; } = 4096;

    /// <summary>
    /// How many requests may wait for a model to be loaded (<c>OLLAMA_MAX_QUEUE</c>). Further ones are answered that the server is busy. As
    /// with Ollama, requests for a model that is loaded do not count.
    /// </summary>
    public int MaxQueue { get; init; } = int.MaxValue;

    /// <summary>The version that <c>/api/version</c> reports.</summary>
    public string Version { get; init; } = "0.33.0-simulator";

    /// <summary>The clock for all delays and timestamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether <see cref="RequestLog.All"/> keeps the requests. False saves memory in long runs, and the counts remain.</summary>
    public bool KeepRequests { get; init; } = true;
}
