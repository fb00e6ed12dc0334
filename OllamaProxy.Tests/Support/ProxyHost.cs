namespace OllamaProxy.Tests.Support;

/// <summary>Puts Ollama Proxy together on one of its hosts; it has yet to be started.</summary>
public delegate IProxyInstance ProxyHost(IReadOnlyDictionary<string, string> settings);
