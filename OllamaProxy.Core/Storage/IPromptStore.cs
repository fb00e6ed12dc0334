namespace OllamaProxy.Storage;

/// <summary>
/// Keeps prompts, for one process or for several. A caller depends on the part that it uses; this is the whole, for code that opens, tests or
/// exchanges a store.
/// </summary>
public interface IPromptStore : IPromptReader, IPromptCommands, IWorkQueue, IStoreMaintenance;
