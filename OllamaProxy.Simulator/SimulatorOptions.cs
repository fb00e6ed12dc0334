using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator;

/// <summary>What a simulator serves, and how fast.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The models it has. A name without a tag means the tag <c>latest</c>, here and in requests.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["llama3.2", "tiny"];

    /// <summary>Models that it runs although no list names them, as Ollama does with cloud models and other programs with their aliases.</summary>
    public IReadOnlyList<string> UnlistedModels { get; init; } = [];

    /// <summary>How fast an answer comes, in tokens a second; 0 is as fast as possible.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>How long an answer is silent before its first token, headers included: loading and prompt evaluation.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>How long it takes to load a model that is not loaded; the request for it waits, without an answer.</summary>
    public TimeSpan LoadTime { get; init; }

    /// <summary>
    /// How many models are loaded at most, at least 1. For one more, the one that was used least recently is unloaded, once
    /// nothing runs on it.
    /// </summary>
    public int MaxLoadedModels { get; init; } = int.MaxValue;

    /// <summary>
    /// How many requests may wait for a model to be loaded (<c>OLLAMA_MAX_QUEUE</c>); one more is told that the server is busy. As with
    /// Ollama, requests for a model that is loaded are not counted.
    /// </summary>
    public int MaxQueue { get; init; } = int.MaxValue;

    /// <summary>What <c>/api/version</c> says.</summary>
    public string Version { get; init; } = "0.33.0-simulator";

    /// <summary>The clock of all delays and times.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether <see cref="RequestLog.All"/> keeps the requests. False saves memory in long runs; the counts stay.</summary>
    public bool KeepRequests { get; init; } = true;
}
