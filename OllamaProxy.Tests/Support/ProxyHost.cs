using Microsoft.AspNetCore.Builder;

namespace OllamaProxy.Tests.Support;

/// <summary>Puts Ollama Proxy together on one of its hosts; the command line holds the settings.</summary>
public delegate WebApplication ProxyHost(string[] args);
