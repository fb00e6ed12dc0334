@description('The name of the server.')
param name string

param location string
param tags object

@description('The compute size, such as Standard_B2s or Standard_D2ds_v5.')
param skuName string

@description('The major version of PostgreSQL.')
param version string

@description('The database of the queue.')
param databaseName string

@description('The name of the identity that administers the server. It is also the name of its role.')
param administratorName string

@description('The object id of the identity that administers the server.')
param administratorPrincipalId string

var tier = startsWith(skuName, 'Standard_B')
  ? 'Burstable'
  : startsWith(skuName, 'Standard_D') ? 'GeneralPurpose' : 'MemoryOptimized'

// There is no password, not even one that nobody knows: the server accepts Entra tokens only.
resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: skuName
    tier: tier
  }
  properties: {
    version: version
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: {
      storageSizeGB: 32
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: 7
      geoRedundantBackup: 'Disabled'
    }
    highAvailability: { mode: 'Disabled' }
    network: { publicNetworkAccess: 'Disabled' }
  }

  // The server does one change at a time, hence the order: server, administrator, database.
  resource administrator 'administrators' = {
    name: administratorPrincipalId
    properties: {
      principalName: administratorName
      principalType: 'ServicePrincipal'
      tenantId: tenant().tenantId
    }
  }

  resource database 'databases' = {
    name: databaseName
    properties: {
      charset: 'UTF8'
      collation: 'en_US.utf8'
    }
    dependsOn: [administrator]
  }
}

output id string = server.id
output host string = server.properties.fullyQualifiedDomainName
output databaseName string = server::database.name
