namespace OllamaProxy.Storage;

/// <summary>
/// Where prompts are kept, by one or by several processes. Who uses it takes the part that he needs; this is the whole, for those who open,
/// test or exchange a store.
/// </summary>
public interface IPromptStore : IPromptReader, IPromptCommands, IWorkQueue, IStoreMaintenance;
